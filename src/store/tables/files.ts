import { AS_RECORDED, samplesInTempo } from '../../song/practice-settings.ts'
import type { Database } from '../ledger/database.ts'
import { type Mix, type MixRow, mixColumns, mixOf } from './mix-columns.ts'

export type { Mix } from './mix-columns.ts'

/** A file that can be fetched: a stem (with a track) or a mix. */
export type StoredFile = { id: number; songId: number; trackId: number | null; mix: Mix | null; isReady: boolean }

type FileRow = { id: number; song_id: number; track_id: number | null; is_ready: number } & (MixRow | { kept: null })

/** The mixes of which a song keeps only the newest ones: those that change more than which tracks are heard. */
const IS_CHANGED = '(gains IS NOT NULL OR pan IS NOT NULL OR semitones IS NOT NULL OR tempo IS NOT NULL)'

export function getFile(db: Database, id: number): StoredFile | undefined {
  const row = db.one<FileRow>('SELECT * FROM files WHERE id = ?', id)
  return row && fileOf(row)
}

export function filesOfSong(db: Database, songId: number): StoredFile[] {
  return db.all<FileRow>('SELECT * FROM files WHERE song_id = ? ORDER BY id', songId).map(fileOf)
}

export function wasEverFile(db: Database, id: number): boolean {
  const highest = db.one<{ seq: number }>(`SELECT seq FROM sqlite_sequence WHERE name = 'files'`)?.seq ?? 0
  return id > 0 && id <= highest
}

/** Returns the file of a track's stem. Creates its row on first use. */
export function stemFile(db: Database, { songId, trackId }: { songId: number; trackId: number }): StoredFile {
  const known = db.one<FileRow>('SELECT * FROM files WHERE track_id = ?', trackId)
  if (known) return fileOf(known)
  const id = db.insert('INSERT INTO files (song_id, track_id) VALUES (?, ?)', songId, trackId)
  return { id, songId, trackId, mix: null, isReady: false }
}

/** Returns the file of a mix, if the mix was ever requested. */
export function findMix(db: Database, { songId, mix }: { songId: number; mix: Mix }): StoredFile | undefined {
  const row = db.one<FileRow>(
    'SELECT * FROM files WHERE song_id = ? AND kept = ? AND gains IS ? AND pan IS ? AND semitones IS ? AND tempo IS ?',
    songId,
    ...mixColumns(mix),
  )
  return row && fileOf(row)
}

/** Returns the file of a mix. Creates its row on first use. */
export function mixFile(db: Database, { songId, mix }: { songId: number; mix: Mix }): StoredFile {
  const known = findMix(db, { songId, mix })
  if (known) return known
  const id = db.insert(
    'INSERT INTO files (song_id, kept, gains, pan, semitones, tempo) VALUES (?, ?, ?, ?, ?, ?)',
    songId,
    ...mixColumns(mix),
  )
  return { id, songId, trackId: null, mix, isReady: false }
}

/** The changed mixes that are rendered, except for the newest `count`. Oldest first. */
export function olderMixes(db: Database, { songId, count }: { songId: number; count: number }): StoredFile[] {
  return db
    .all<FileRow>(
      `SELECT * FROM files WHERE song_id = ? AND is_ready = 1 AND ${IS_CHANGED} ORDER BY id DESC LIMIT -1 OFFSET ?`,
      songId,
      count,
    )
    .map(fileOf)
    .reverse()
}

/** The mixes of separated songs that are not rendered yet, with their length in samples. */
export function mixesToRender(db: Database): { id: number; samples: number }[] {
  const rows = db.all<{ id: number; samples: number; tempo: number | null }>(
    `SELECT files.id, songs.samples, files.tempo FROM files JOIN songs ON songs.id = files.song_id
     WHERE files.kept IS NOT NULL AND files.is_ready = 0 AND songs.state = 'separated' AND songs.deleted_at IS NULL`,
  )
  return rows.map(({ id, samples, tempo }) => ({ id, samples: samplesInTempo(samples, tempo ?? AS_RECORDED.tempo) }))
}

/** The length of all mixes of a song, as a multiple of the song's length. */
export function songLengthsOfMixes(db: Database, songId: number): number {
  const sql = 'SELECT SUM(1.0 / COALESCE(tempo, 1)) AS sum FROM files WHERE song_id = ? AND kept IS NOT NULL'
  return db.one<{ sum: number | null }>(sql, songId)?.sum ?? 0
}

export function removeFile(db: Database, fileId: number): void {
  db.change('DELETE FROM files WHERE id = ?', fileId)
}

/** Marks all files of a song as not ready, because its results were lost. */
export function markFilesUnready(db: Database, songId: number): void {
  db.change('UPDATE files SET is_ready = 0 WHERE song_id = ?', songId)
}

export function markFileReady(db: Database, { id, songId }: StoredFile): void {
  db.transaction(() => {
    db.change('UPDATE files SET is_ready = 1 WHERE id = ?', id)
    db.record({ kind: 'file-ready', songId })
  })
}

function fileOf(row: FileRow): StoredFile {
  return {
    id: row.id,
    songId: row.song_id,
    trackId: row.track_id,
    mix: row.kept === null ? null : mixOf(row),
    isReady: row.is_ready === 1,
  }
}
