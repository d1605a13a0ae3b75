import type { ServerResponse } from 'node:http'
import { EventLog } from './event-log.ts'
import { EventReader } from './event-reader.ts'
import type { PageEventData, PageEventType } from './page-events.ts'

/** An event whose data are built only when somebody listens. They are undefined when its subject is gone. */
export type Change<Type extends PageEventType = PageEventType> = {
  [T in Type]: {
    type: T
    /** The song it is about; null for those about the whole system. */
    songId: number | null
    data(): PageEventData<T> | undefined
  }
}[Type]

/** So long after the last listener left, or a snapshot was fetched, somebody may come for what was told since. */
const COMES_BACK_MS = 60_000
const KEEP_ALIVE_MS = 15_000

/**
 * Tells every page and client what changes, as server-sent events (HTML Standard, 9.2). A new listener gets the present
 * state first; one that says what it has heard, or which version of the songs it has fetched, gets what it missed. Everybody is
 * told as fast as they read: who falls behind what is kept gets the present state instead.
 */
export class EventStream {
  readonly #readers = new Set<EventReader>()
  readonly #log = new EventLog()
  readonly #keepAlive: NodeJS.Timeout
  readonly #watchers: ((change: Change) => void)[] = []
  #lastHeardAt = Number.NEGATIVE_INFINITY
  readonly #now: () => number

  /** @param now milliseconds of a clock that does not step */
  constructor(now = () => performance.now()) {
    this.#now = now
    this.#keepAlive = setInterval(() => {
      for (const reader of this.#readers) reader.keepAlive()
    }, KEEP_ALIVE_MS)
    this.#keepAlive.unref()
  }

  /** Its data are not asked for while nobody hears it, since whoever comes gets the present state. */
  tell(change: Change): void {
    for (const watch of this.#watchers) watch(change)
    if (!this.#isHeard()) {
      this.#log.skip()
      return
    }
    const { type, songId } = change
    const data = change.data()
    if (data === undefined) return
    this.#log.add({ type, songId, data })
    for (const reader of this.#readers) reader.wake()
  }

  /** Is called with every change, also with those that nobody hears. */
  onChange(watch: (change: Change) => void): void {
    this.#watchers.push(watch)
  }

  /** The id of the last event: what is read from now on holds all up to it. What comes after it is kept for a minute. */
  version(): number {
    this.#lastHeardAt = this.#now()
    return this.#log.lastId
  }

  /** Whether all that came after a version can be told. */
  canResume(version: number): boolean {
    return this.#log.has(version)
  }

  /**
   * @param songId only events of this song; null for all
   * @param after what the listener has heard last, or the version it knows; null when it is new
   * @param present makes the present state, in portions, told when it is new or was away too long; null when its stream is to end instead
   */
  add({
    response,
    songId,
    after,
    present,
  }: {
    response: ServerResponse
    songId: number | null
    after: number | null
    present: (() => Iterator<string | Buffer>) | null
  }): void {
    response.writeHead(200, {
      ...(response.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    const reader = new EventReader({ response, songId, log: this.#log, after, present })
    this.#readers.add(reader)
    reader
      .run()
      // A ledger that cannot be read now: it comes back.
      .catch(() => response.destroy())
      .finally(() => {
        this.#readers.delete(reader)
        this.#lastHeardAt = this.#now()
      })
  }

  close(): void {
    clearInterval(this.#keepAlive)
    for (const reader of this.#readers) reader.close()
  }

  #isHeard(): boolean {
    return this.#readers.size > 0 || this.#now() < this.#lastHeardAt + COMES_BACK_MS
  }
}
