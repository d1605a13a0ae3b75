import type { UploadPlace } from '../song/new-upload.ts'
import type { FaultMonitor } from '../store/data-folder/fault-monitor.ts'
import type { Database } from '../store/ledger/database.ts'
import { isUsedSongId, lastSongId, reserveSongIds } from '../store/queries/deleted-songs.ts'

/** Older batches are forgotten. Their remaining uploads get ids of their own, behind all others. */
const MAX_BATCHES = 1_000

type Batch = { firstId: number; count: number; taken: Set<number> }

/**
 * Reserves song ids for uploads that belong together, so that their songs are listed in the order in which a person chose the
 * files, not in that in which the uploads end. The first upload of a batch reserves an id for each of its places. An id whose
 * upload fails is used by the next try, or never.
 */
export class UploadBatches {
  readonly #db: Database
  readonly #faults: Pick<FaultMonitor, 'classify'>
  readonly #batches = new Map<string, Batch>()

  constructor({ db, faults }: { db: Database; faults: Pick<FaultMonitor, 'classify'> }) {
    this.#db = db
    this.#faults = faults
  }

  /**
   * The id for the song of an upload. Null if the upload has no place, if another one has already taken it, and on a transient
   * fault: the song then gets the next id.
   */
  take(place: UploadPlace | null): number | null {
    try {
      return place && this.#take(place)
    } catch (error) {
      if (this.#faults.classify(error)) return null
      throw error
    }
  }

  /** Frees the place of an upload that has failed before it became a song. Only who has taken it may call this. */
  giveBack({ batch, number }: UploadPlace): void {
    this.#batches.get(batch)?.taken.delete(number)
  }

  #take(place: UploadPlace): number | null {
    const { firstId, count, taken } = this.#batches.get(place.batch) ?? this.#reserve(place)
    const id = firstId + place.number - 1
    if (place.number > count || taken.has(place.number) || isUsedSongId(this.#db, id)) return null
    taken.add(place.number)
    return id
  }

  #reserve({ batch, count }: UploadPlace): Batch {
    const firstId = this.#db.transaction(() => {
      const last = lastSongId(this.#db)
      reserveSongIds(this.#db, last + count)
      return last + 1
    })
    const reserved = { firstId, count, taken: new Set<number>() }
    this.#batches.set(batch, reserved)
    const [oldest] = this.#batches.keys()
    if (this.#batches.size > MAX_BATCHES && oldest !== undefined) this.#batches.delete(oldest)
    return reserved
  }
}
