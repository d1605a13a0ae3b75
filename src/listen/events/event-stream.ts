import type { ServerResponse } from 'node:http'
import { EventLog } from './event-log.ts'
import { EventReader } from './event-reader.ts'
import type { PageEventData, PageEventType } from './page-events.ts'

/** An event whose data are made only for listeners. The data are undefined if the song is gone. */
export type Change<Type extends PageEventType = PageEventType> = {
  [T in Type]: {
    type: T
    /** The event's song. Null for an event of the whole system. */
    songId: number | null
    data(): PageEventData<T> | undefined
  }
}[Type]

/** Events are kept for this time after the last listener has left or a version was given out, so that a client can resume. */
const RESUMABLE_MS = 60_000
const KEEP_ALIVE_MS = 15_000

/**
 * Sends changes to pages and clients as server-sent events (HTML Standard, 9.2). A new listener gets the present state first. A
 * listener that names its last event, or the version of the songs that it has fetched, gets the events since then. Each listener
 * gets events as fast as it reads. One that needs events no longer in the log gets the present state again.
 */
export class EventStream {
  readonly #readers = new Set<EventReader>()
  readonly #log = new EventLog()
  readonly #keepAlive: NodeJS.Timeout
  readonly #watchers: ((change: Change) => void)[] = []
  #lastHeardAt = Number.NEGATIVE_INFINITY
  readonly #now: () => number

  /** @param now milliseconds of a monotonic clock */
  constructor(now = () => performance.now()) {
    this.#now = now
    this.#keepAlive = setInterval(() => {
      for (const reader of this.#readers) reader.keepAlive()
    }, KEEP_ALIVE_MS)
    this.#keepAlive.unref()
  }

  /** Sends a change to all listeners. Without listeners its data are not made, because a new listener gets the present state. */
  tell(change: Change): void {
    for (const watch of this.#watchers) watch(change)
    if (!this.isHeard()) {
      this.#log.skip()
      return
    }
    const { type, songId } = change
    const data = change.data()
    if (data === undefined) return
    this.#log.add({ type, songId, data })
    for (const reader of this.#readers) reader.wake()
  }

  /** Whether events have listeners, or had one within the last minute. */
  isHeard(): boolean {
    return this.#readers.size > 0 || this.#now() < this.#lastHeardAt + RESUMABLE_MS
  }

  /** Calls `watch` with every change, even without listeners. */
  onChange(watch: (change: Change) => void): void {
    this.#watchers.push(watch)
  }

  /**
   * The id of the last event, as a version of the songs: answers made from now on include all changes up to it. Later events are
   * kept for a minute, even without listeners.
   */
  version(): number {
    this.#lastHeardAt = this.#now()
    return this.#log.lastId
  }

  /** Whether all events after a version are still in the log. */
  canResume(version: number): boolean {
    return this.#log.has(version)
  }

  /**
   * Answers a request with the stream of events.
   * @param songId for only the events of this song; null for all
   * @param after the last event or the version that the listener knows; null for a new listener
   * @param present makes the present state in portions, for a new listener and for one that was away too long; null to end the
   *   stream instead
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
      // The ledger cannot be read now. The listener will connect again.
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
}
