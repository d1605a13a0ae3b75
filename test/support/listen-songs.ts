import type { Database } from '../../src/store/ledger/database.ts'
import { getSong, type Song } from '../../src/store/queries/songs.ts'
import { failSong, finishDecoding, finishSeparation } from '../../src/store/transitions/songs.ts'
import { newSong } from './ledger.ts'

/** A song of two segments that is being separated, with the tracks vocals and rest. */
export function separatingSong(db: Database): Song {
  return songOf(db, newSong(db))
}

/** The same when its separation is done. Its files are not there. */
export function separatedSong(db: Database): Song {
  const id = newSong(db)
  finishDecoding(db, { songId: id, samples: 20, statistics: { mean: 0, deviation: 1 }, warnings: [] })
  finishSeparation(db, id)
  return songOf(db, id)
}

export function failedSong(db: Database, error: string): Song {
  const id = newSong(db)
  failSong(db, { songId: id, error })
  return songOf(db, id)
}

function songOf(db: Database, id: number): Song {
  const song = getSong(db, id)
  if (!song) throw new Error(`There is no song ${id} in the ledger of the test.`)
  return song
}
