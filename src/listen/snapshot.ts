import type { Database } from '../store/database.ts'
import { firstSongId, songIds } from '../store/song-ids.ts'
import type { EventStream } from './events.ts'
import type { SongTexts } from './song-texts.ts'

type Block = {
  base: string
  /** The events of its songs at rest. */
  atRest: Buffer
  /** The others, of which what is told changes without an event: they are put into words for each listener. */
  moving: readonly number[]
}

/** Songs whose ids follow on each other: when they are separated, some 16 kB. */
const SONGS_A_BLOCK = 16
const MOST_BYTES = 64 << 10

/** All songs as events, the same bytes for all who listen: a change puts together anew only the block that it is in. */
export class Snapshot {
  readonly #db: Database
  readonly #texts: SongTexts
  readonly #blocks = new Map<number, Block>()

  constructor({ db, texts, events }: { db: Database; texts: SongTexts; events: EventStream }) {
    this.#db = db
    this.#texts = texts
    events.onChange(({ type, songId }) => {
      if (type === 'reset') this.#blocks.clear()
      else if (songId !== null) this.#blocks.delete(blockOf(songId))
    })
  }

  /** A portion at a time; the ledger may change meanwhile. @param base "http://host" as the caller reached us */
  *portions(base: string): Generator<string | Buffer> {
    let songId = firstSongId(this.#db, 0)
    while (songId !== null) {
      const number = blockOf(songId)
      const { atRest, moving } = this.#block(number, base)
      for (let from = 0; from < atRest.length; from += MOST_BYTES) yield atRest.subarray(from, from + MOST_BYTES)
      for (const id of moving) yield* this.#texts.events(id, { base })
      songId = firstSongId(this.#db, (number + 1) * SONGS_A_BLOCK)
    }
  }

  #block(number: number, base: string): Block {
    const known = this.#blocks.get(number)
    if (known?.base === base) return known
    const first = number * SONGS_A_BLOCK
    const ids = songIds(this.#db, { after: first - 1 })
      .take(SONGS_A_BLOCK)
      .filter((id) => id < first + SONGS_A_BLOCK)
      .toArray()
    const moving = ids.filter((id) => this.#texts.isMoving(id))
    const atRest = ids.filter((id) => !moving.includes(id)).flatMap((id) => [...this.#texts.events(id, { base })])
    const block = { base, atRest: Buffer.from(atRest.join('')), moving }
    this.#blocks.set(number, block)
    return block
  }
}

function blockOf(songId: number): number {
  return Math.floor(songId / SONGS_A_BLOCK)
}
