import { randomInt } from 'node:crypto'
import type { PageEvent, PageEventType } from './page-events.ts'

type LoggedEvent = {
  type: PageEventType
  /** The song that the event is about; null for the whole system. */
  songId: number | null
  data: PageEvent['data']
}

/** More than the snapshot of a large library, so that a slow reader of the snapshot still finds the events since then. */
const MOST_CHARACTERS = 4 << 20
/** The most that one `read` returns. */
const PORTION_CHARACTERS = 16 << 10
const FIRST_IDS = 2 ** 48 - 1

/** The last events, each as text that all listeners share. Ids count up by one. */
export class EventLog {
  /** Random in each run of the server, so that nobody resumes with the id of another run. */
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
    if (this.#characters > MOST_CHARACTERS) this.#dropOlderHalf()
  }

  /** Notes that something has changed while nobody listened. A listener from before that cannot resume. */
  skip(): void {
    this.#lastId++
    this.#recent = []
    this.#characters = 0
  }

  /** Whether all events after this one are still here. */
  has(id: number): boolean {
    return id <= this.#lastId && id >= this.#lastId - this.#recent.length
  }

  /**
   * The next portion of the events after one, and the id of its last event; null when some of them are no longer here.
   * @param songId only events of this song and of the whole system; null for all
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
