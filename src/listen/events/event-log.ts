import { randomInt } from 'node:crypto'
import type { PageEvent, PageEventType } from './page-events.ts'

type LoggedEvent = {
  type: PageEventType
  /** The event's song. Null for an event of the whole system. */
  songId: number | null
  data: PageEvent['data']
}

/** More than the present state of a large library, so that the events since its beginning are still here for a slow reader. */
const MAX_CHARACTERS = 4 << 20
/** `read` returns about this much at a time. */
const PORTION_CHARACTERS = 16 << 10
const FIRST_IDS = 2 ** 48 - 1

/** The recent events, each as text that all listeners share. Their ids are consecutive. */
export class EventLog {
  /** Begins at a random number, so that the ids of another run of the server are unknown. */
  #lastId = randomInt(FIRST_IDS)
  #recent: { songId: number | null; text: string }[] = []
  #characters = 0

  get lastId(): number {
    return this.#lastId
  }

  add({ type, songId, data }: LoggedEvent): void {
    const id = ++this.#lastId
    const text = `id: ${id}\n${eventText(type, JSON.stringify(data))}`
    this.#recent.push({ songId, text })
    this.#characters += text.length
    if (this.#characters > MAX_CHARACTERS) this.#dropOlderHalf()
  }

  /** Notes a change without an event. Removes all events, because no earlier listener can resume after it. */
  skip(): void {
    this.#lastId++
    this.#recent = []
    this.#characters = 0
  }

  /** Whether all events after this id are still here. */
  has(id: number): boolean {
    return id <= this.#lastId && id >= this.#lastId - this.#recent.length
  }

  /**
   * The next portion of events after an id, and the id of its last event. Null if some of them are no longer here.
   * @param songId for only the events of this song and of the whole system; null for all
   */
  read({ after, songId }: { after: number; songId: number | null }): { text: string; lastId: number } | null {
    if (!this.has(after)) return null
    let text = ''
    let next = this.#recent.length - (this.#lastId - after)
    for (; next < this.#recent.length && text.length < PORTION_CHARACTERS; next++) {
      const event = this.#recent[next]
      if (event && concerns(songId, event.songId)) text += event.text
    }
    return { text, lastId: this.#lastId - (this.#recent.length - next) }
  }

  #dropOlderHalf(): void {
    const dropped = this.#recent.splice(0, Math.ceil(this.#recent.length / 2))
    for (const { text } of dropped) this.#characters -= text.length
  }
}

/** A server-sent event without an id (HTML Standard, 9.2). */
export function eventText(type: PageEventType, json: string): string {
  return `event: ${type}\ndata: ${json}\n\n`
}

function concerns(wanted: number | null, songId: number | null): boolean {
  return wanted === null || songId === null || wanted === songId
}
