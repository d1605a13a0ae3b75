import type { Database } from '../../store/ledger/database.ts'
import { firstSongId, songIds } from '../../store/queries/song-ids.ts'
import type { EventStream } from './event-stream.ts'
import type { SongTexts } from './song-texts.ts'

type Part = {
  base: string
  /** The text of the songs that change only with an event. */
  atRest: Buffer
  /** The ids of the other songs. Their text is made for each listener. */
  moving: readonly number[]
}

/** The number of consecutive song ids in a part. The events of 16 separated songs take about 16 kB. */
const SONGS_A_PART = 16
const MAX_BYTES = 64 << 10

/** All songs as events, in parts of 16 songs. All listeners share the text. After a change only the part of its song is made again. */
export class PresentState {
  readonly #db: Database
  readonly #texts: SongTexts
  readonly #parts = new Map<number, Part>()

  constructor({ db, texts, events }: { db: Database; texts: SongTexts; events: EventStream }) {
    this.#db = db
    this.#texts = texts
    events.onChange(({ type, songId }) => {
      if (type === 'reset') this.#parts.clear()
      else if (songId !== null) this.#parts.delete(partNumberOf(songId))
    })
  }

  /** Makes the portions one by one. The ledger may change in between. @param base "http://host" of the request */
  *portions(base: string): Generator<string | Buffer> {
    let songId = firstSongId(this.#db, 0)
    while (songId !== null) {
      const number = partNumberOf(songId)
      const { atRest, moving } = this.#part(number, base)
      for (let from = 0; from < atRest.length; from += MAX_BYTES) yield atRest.subarray(from, from + MAX_BYTES)
      for (const id of moving) yield* this.#texts.events(id, { base })
      songId = firstSongId(this.#db, (number + 1) * SONGS_A_PART)
    }
  }

  #part(number: number, base: string): Part {
    const known = this.#parts.get(number)
    if (known?.base === base) return known
    const first = number * SONGS_A_PART
    const ids = songIds(this.#db, { after: first - 1 })
      .take(SONGS_A_PART)
      .filter((id) => id < first + SONGS_A_PART)
      .toArray()
    const moving = ids.filter((id) => this.#texts.isMoving(id))
    const atRest = ids.filter((id) => !moving.includes(id)).flatMap((id) => [...this.#texts.events(id, { base })])
    const part = { base, atRest: Buffer.from(atRest.join('')), moving }
    this.#parts.set(number, part)
    return part
  }
}

function partNumberOf(songId: number): number {
  return Math.floor(songId / SONGS_A_PART)
}
