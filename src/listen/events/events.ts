import type { ServerResponse } from 'node:http'
import { EventLog } from './event-log.ts'
import { EventReader } from './event-reader.ts'
import type { PageEventData, PageEventType } from './page-events.ts'

/** An event whose data are made only when somebody listens. They are undefined when the song is gone. */
export type Change<Type extends PageEventType = PageEventType> = {
  [T in Type]: {
    type: T
    /** The song that the event is about; null for the whole system. */
    songId: number | null
    data(): PageEventData<T> | undefined
  }
}[Type]

/** After the last listener left or a snapshot was fetched, events are kept for so long, so that it can be resumed. */
const COMES_BACK_MS = 60_000
const KEEP_ALIVE_MS = 15_000

/**
 * Sends every page and client what changes, as server-sent events (HTML Standard, 9.2). A new listener gets the present state
 * first. One that names the last event it knows, or the version of the songs that it has fetched, gets what it missed. Each gets
 * events as fast as it reads, and the present state again when it falls behind the events that are kept.
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

  /** Its data are not made while nobody listens: a new listener gets the present state. */
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

  /** `watch` is called with every change, also while nobody listens. */
  onChange(watch: (change: Change) => void): void {
    this.#watchers.push(watch)
  }

  /**
   * The id of the last event. What is read from now on includes all changes up to it. Later events are kept for a minute, also while
   * nobody listens.
   */
  version(): number {
    this.#lastHeardAt = this.#now()
    return this.#log.lastId
  }

  /** Whether all events after a version are still kept. */
  canResume(version: number): boolean {
    return this.#log.has(version)
  }

  /**
   * Answers with the stream of events.
   * @param songId only events of this song; null for all
   * @param after the last event or the version that the listener knows; null when it is new
   * @param present makes the present state in portions, for a listener that is new or was away too long; null when its stream is to
   *   end instead
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
      // The ledger cannot be read now. The listener connects again.
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
