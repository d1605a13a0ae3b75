import { stemsOf } from '../../song/practice-settings.ts'
import type { Database } from '../ledger/database.ts'
import type { NewSong, Song } from '../queries/songs.ts'
import { type LyricsRecord, putLyricsRecord } from '../tables/lyrics.ts'
import { type Mix, mixColumns } from '../tables/mix-columns.ts'
import { putPracticeSettings, type SavedPractice } from '../tables/practice-settings.ts'
import { renewSetlistsOfSong } from '../tables/setlists.ts'
import { addRecoveredJobs } from '../transitions/jobs.ts'
import { addRecoveredSong } from '../transitions/songs.ts'

/** The columns of a mix in the row of a stem. */
const NO_MIX = [null, null, null, null, null]

/** A song as read from its files, for a ledger that does not contain it. */
export type RecoveredSong = Omit<NewSong, 'uploadName' | 'soundTrack' | 'warnings'> &
  Pick<Song, 'addedAt' | 'warnings' | 'statistics' | 'isDecoded' | 'samples' | 'soundTrack' | 'tracks' | 'kept'> & {
    id: number
    isDeleted: boolean
    practice: SavedPractice | null
    lyrics: LyricsRecord | null
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
    renewSetlistsOfSong(db, song.id)
    for (const { id, stem } of song.tracks)
      db.insert('INSERT INTO tracks (id, song_id, stem) VALUES (?, ?, ?)', id, song.id, stem)
    addRecoveredJobs(db, { songId: song.id, blocks: song.blocks })
    if (song.practice) putPracticeSettings(db, { songId: song.id, ...withKnownMix(song.tracks, song.practice) })
    if (song.lyrics) putLyricsRecord(db, { songId: song.id, ...song.lyrics })
    for (const file of song.files) {
      const [trackId, mix] = 'trackId' in file ? [file.trackId, NO_MIX] : [null, mixColumns(file)]
      db.insert(
        'INSERT INTO files (id, song_id, track_id, kept, gains, pan, semitones, tempo) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        file.id,
        song.id,
        trackId,
        ...mix,
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
