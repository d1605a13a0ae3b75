import { stemsOf } from '../../song/practice-settings.ts'
import type { Database } from '../ledger/database.ts'
import type { NewSong, Song } from '../queries/songs.ts'
import type { Mix } from '../tables/files.ts'
import { putPracticeSettings, type SavedPractice } from '../tables/practice-settings.ts'
import { addRecoveredJobs } from '../transitions/jobs.ts'
import { addRecoveredSong } from '../transitions/songs.ts'

/** A song as read from its files, for a ledger that does not contain it. */
export type RecoveredSong = Omit<NewSong, 'uploadName' | 'track' | 'warnings'> &
  Pick<Song, 'addedAt' | 'warnings' | 'level' | 'isDecoded' | 'samples' | 'track' | 'tracks' | 'kept'> & {
    id: number
    isDeleted: boolean
    practice: SavedPractice | null
    /** Segment and hash of the blocks whose stems are on the disk. */
    blocks: readonly { segment: number; sha256: string }[]
    /** The ids by which stems and mixes are fetched. */
    files: readonly ({ id: number } & ({ trackId: number } | Mix))[]
  }

/**
 * Writes a song with its former ids. The next start continues its separation from the recovered blocks, and renders its
 * mixes again.
 */
export function insertRecoveredSong(db: Database, song: RecoveredSong): void {
  const write = (): void => {
    addRecoveredSong(db, song)
    for (const { id, stem } of song.tracks)
      db.insert('INSERT INTO tracks (id, song_id, stem) VALUES (?, ?, ?)', id, song.id, stem)
    addRecoveredJobs(db, { songId: song.id, blocks: song.blocks })
    if (song.practice) putPracticeSettings(db, { songId: song.id, ...withKnownMix(song.tracks, song.practice) })
    for (const file of song.files) {
      const [trackId, tracks, gains] = 'trackId' in file ? [file.trackId, null, null] : [null, file.tracks, file.gains]
      db.insert(
        'INSERT INTO files (id, song_id, track_id, kept, gains) VALUES (?, ?, ?, ?, ?)',
        file.id,
        song.id,
        trackId,
        tracks && JSON.stringify(tracks),
        gains && Object.keys(gains).length > 0 ? JSON.stringify(gains) : null,
      )
    }
  }
  db.transaction(write, { isDurable: true })
}

/** The id for a recovered track or file: its former id if that is free, else the next id that was never used. */
export function unusedId(db: Database, table: 'tracks' | 'files', wanted: number, taken: ReadonlySet<number>): number {
  const isTaken = taken.has(wanted) || db.one(`SELECT 1 AS n FROM ${table} WHERE id = ?`, wanted) !== undefined
  if (!isTaken) return wanted
  const highest = db.one<{ seq: number }>('SELECT seq FROM sqlite_sequence WHERE name = ?', table)?.seq ?? 0
  return Math.max(highest, ...taken) + 1
}

/** The mix is left out if it names stems that the song no longer has, because it was recovered with another model. */
function withKnownMix(tracks: readonly { stem: string }[], { settings, version }: SavedPractice): SavedPractice {
  const isKnown = (name: string): boolean => tracks.some(({ stem }) => stem === name)
  const mix = settings.mix && stemsOf(settings.mix).every(isKnown) ? settings.mix : null
  return { settings: { ...settings, mix }, version }
}
