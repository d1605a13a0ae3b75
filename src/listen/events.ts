import type { ServerResponse } from 'node:http'

export type ServerEvent = {
  type: 'song' | 'progress' | 'stretch' | 'job' | 'workers' | 'deleted' | 'reset'
  /** The song it is about; null for those about the whole system. */
  songId: number | null
  data: unknown
}

type Listener = { response: ServerResponse; songId: number | null }

const KEPT_EVENTS = 1_000
/** So long after the last listener left, it may come back for what it missed. */
const COMES_BACK_MS = 60_000
const KEEP_ALIVE_MS = 15_000
/** A listener that does not read is cut off when so much waits for it; it comes back by itself and gets the state. */
const MOST_WAITING_BYTES = 1 << 20

/**
 * Tells every page and client what changes, as server-sent events (HTML Standard, 9.2). A new listener gets the present
 * state first; one that comes back with Last-Event-ID gets what it missed, if that is still kept.
 */
export class EventStream {
  readonly #listeners = new Set<Listener>()
  readonly #kept: { id: number; event: ServerEvent }[] = []
  readonly #keepAlive: NodeJS.Timeout
  /** Starts beyond any id of an earlier run of the server, so that nobody resumes in the wrong place. */
  #lastId = Date.now() * 1_000
  #lastHeardAt = Number.NEGATIVE_INFINITY

  constructor() {
    this.#keepAlive = setInterval(() => this.#writeAll(() => ': still here\n\n'), KEEP_ALIVE_MS)
    this.#keepAlive.unref()
  }

  /**
   * @param make puts into words what has changed, undefined when it is gone; not called while nobody hears it, since
   *   whoever comes gets the present state
   */
  tell(make: () => ServerEvent | undefined): void {
    const id = ++this.#lastId
    if (!this.#isHeard()) {
      this.#kept.length = 0
      return
    }
    const event = make()
    if (!event) return
    this.#kept.push({ id, event })
    if (this.#kept.length > KEPT_EVENTS) this.#kept.shift()
    this.#writeAll((listener) => (concerns(listener, event) ? textOf(id, event) : ''))
  }

  /**
   * @param songId only events of this song; null for all
   * @param lastEventId what the listener saw last
   * @param present makes the present state, told when it is a new listener or one that was away too long
   */
  add({
    response,
    songId,
    lastEventId,
    present,
  }: {
    response: ServerResponse
    songId: number | null
    lastEventId: number | null
    present(): ServerEvent[]
  }): void {
    const listener = { response, songId }
    response.writeHead(200, {
      ...(response.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    response.write('retry: 1000\n\n')
    const missed = lastEventId === null ? null : this.#since(lastEventId)
    const first = missed ?? present().map((event) => ({ id: this.#lastId, event }))
    for (const { id, event } of first) if (concerns(listener, event)) response.write(textOf(id, event))
    this.#listeners.add(listener)
    response.on('close', () => {
      this.#listeners.delete(listener)
      this.#lastHeardAt = Date.now()
    })
    response.on('error', () => this.#listeners.delete(listener))
  }

  close(): void {
    clearInterval(this.#keepAlive)
    for (const { response } of this.#listeners) response.end()
    this.#listeners.clear()
  }

  #isHeard(): boolean {
    return this.#listeners.size > 0 || Date.now() < this.#lastHeardAt + COMES_BACK_MS
  }

  #since(lastEventId: number): { id: number; event: ServerEvent }[] | null {
    const oldest = this.#kept[0]?.id ?? this.#lastId + 1
    if (lastEventId > this.#lastId || lastEventId < oldest - 1) return null
    return this.#kept.filter(({ id }) => id > lastEventId)
  }

  #writeAll(text: (listener: Listener) => string): void {
    for (const listener of this.#listeners) {
      const { response } = listener
      const written = text(listener)
      if (response.writableLength > MOST_WAITING_BYTES) response.destroy()
      else if (written) response.write(written)
    }
  }
}

function concerns(listener: Listener, event: ServerEvent): boolean {
  return listener.songId === null || event.songId === null || listener.songId === event.songId
}

function textOf(id: number, { type, data }: ServerEvent): string {
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`
}
