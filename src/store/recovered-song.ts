import type { Database } from './database.ts'
import type { NewSong, Song } from './songs.ts'
import { addRecoveredJobs } from './transitions/jobs.ts'
import { addRecoveredSong } from './transitions/songs.ts'

/** A song as its files tell of it, to be written into a ledger that does not know it. */
export type RecoveredSong = Omit<NewSong, 'arrival' | 'track' | 'warnings'> &
  Pick<Song, 'addedAt' | 'warnings' | 'level' | 'isDecoded' | 'samples' | 'track' | 'tracks' | 'kept'> & {
    id: number
    isDeleted: boolean
    /** Of the blocks whose stems are there: segment and hash. */
    blocks: readonly { segment: number; sha256: string }[]
    /** Ids under which stems, and mixes, can be fetched. */
    files: readonly ({ id: number } & (
      | { trackId: number }
      | { kept: readonly number[]; gains: Readonly<Record<number, number>> }
    ))[]
  }

/**
 * Writes a song with the ids that it had. What was asked of it is asked again: its separation goes on at the next start with
 * what is there, and its mixes are rendered anew.
 */
export function insertRecoveredSong(db: Database, song: RecoveredSong): void {
  const write = (): void => {
    addRecoveredSong(db, song)
    for (const { id, stem } of song.tracks)
      db.insert('INSERT INTO tracks (id, song_id, stem) VALUES (?, ?, ?)', id, song.id, stem)
    addRecoveredJobs(db, { songId: song.id, blocks: song.blocks })
    for (const file of song.files) {
      const [trackId, kept, gains] = 'trackId' in file ? [file.trackId, null, null] : [null, file.kept, file.gains]
      db.insert(
        'INSERT INTO files (id, song_id, track_id, kept, gains) VALUES (?, ?, ?, ?, ?)',
        file.id,
        song.id,
        trackId,
        kept && JSON.stringify(kept),
        gains && Object.keys(gains).length > 0 ? JSON.stringify(gains) : null,
      )
    }
  }
  db.transaction(write, { isDurable: true })
}

/** An id for a track or a file: the one it had, or where another has that one now, the next that nothing ever had. */
export function unusedId(db: Database, table: 'tracks' | 'files', wanted: number, taken: ReadonlySet<number>): number {
  const isTaken = taken.has(wanted) || db.one(`SELECT 1 AS n FROM ${table} WHERE id = ?`, wanted) !== undefined
  if (!isTaken) return wanted
  const highest = db.one<{ seq: number }>('SELECT seq FROM sqlite_sequence WHERE name = ?', table)?.seq ?? 0
  return Math.max(highest, ...taken) + 1
}
