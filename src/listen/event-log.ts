import { randomInt } from 'node:crypto'
import type { PageEvent, PageEventType } from './page-events.ts'

type LoggedEvent = {
  type: PageEventType
  /** The song it is about; null for those about the whole system. */
  songId: number | null
  data: PageEvent['data']
}

/** More than the snapshot of a large library, so that whoever takes its time over the snapshot finds what came since. */
const KEPT_CHARACTERS = 4 << 20
/** So much is handed out at a time. */
const PORTION_CHARACTERS = 16 << 10
const FIRST_IDS = 2 ** 48 - 1

/** The last events, each put into words once, for all who listen. Ids count up by one. */
export class EventLog {
  /** Each run of the server begins somewhere else, whatever its clock says, so that nobody resumes in the wrong place. */
  #lastId = randomInt(FIRST_IDS)
  #kept: { songId: number | null; text: string }[] = []
  #characters = 0

  get lastId(): number {
    return this.#lastId
  }

  add({ type, songId, data }: LoggedEvent): void {
    const id = ++this.#lastId
    const text = `id: ${id}\n${eventText(type, JSON.stringify(data))}`
    this.#kept.push({ songId, text })
    this.#characters += text.length
    if (this.#characters > KEPT_CHARACTERS) this.#dropOlderHalf()
  }

  /** Something has changed that is told to nobody: who comes back from before it has missed it. */
  skip(): void {
    this.#lastId++
    this.#kept = []
    this.#characters = 0
  }

  /** Whether all that came after an event is here. */
  has(id: number): boolean {
    return id <= this.#lastId && id >= this.#lastId - this.#kept.length
  }

  /**
   * The next portion of what came after an event, and the id of its last event; null when it is not all here.
   * @param songId only events of this song, and those about the whole system; null for all
   */
  read({ after, songId }: { after: number; songId: number | null }): { text: string; lastId: number } | null {
    if (!this.has(after)) return null
    let text = ''
    let next = this.#kept.length - (this.#lastId - after)
    for (; next < this.#kept.length && text.length < PORTION_CHARACTERS; next++) {
      const event = this.#kept[next]
      if (event && concerns(songId, event.songId)) text += event.text
    }
    return { text, lastId: this.#lastId - (this.#kept.length - next) }
  }

  #dropOlderHalf(): void {
    const dropped = this.#kept.splice(0, Math.ceil(this.#kept.length / 2))
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
