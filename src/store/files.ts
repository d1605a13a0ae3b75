import type { Database } from './database.ts'

export type StoredFile = { id: number; songId: number; trackId: number | null; kept: number[] | null; isReady: boolean }

type FileRow = { id: number; song_id: number; track_id: number | null; kept: string | null; is_ready: number }

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

/** The file of a track's stem, made when first asked for. */
export function stemFile(db: Database, { songId, trackId }: { songId: number; trackId: number }): StoredFile {
  const known = db.one<FileRow>('SELECT * FROM files WHERE track_id = ?', trackId)
  if (known) return fileOf(known)
  const id = db.insert('INSERT INTO files (song_id, track_id) VALUES (?, ?)', songId, trackId)
  return { id, songId, trackId, kept: null, isReady: false }
}

/** The file of the mix that keeps these tracks, if it was ever asked for. */
export function findMix(db: Database, mix: { songId: number; kept: readonly number[] }): StoredFile | undefined {
  const row = db.one<FileRow>('SELECT * FROM files WHERE song_id = ? AND kept = ?', mix.songId, keyOf(mix.kept))
  return row && fileOf(row)
}

/** The same, made when first asked for. */
export function mixFile(db: Database, mix: { songId: number; kept: readonly number[] }): StoredFile {
  const known = findMix(db, mix)
  if (known) return known
  const id = db.insert('INSERT INTO files (song_id, kept) VALUES (?, ?)', mix.songId, keyOf(mix.kept))
  return { id, songId: mix.songId, trackId: null, kept: [...mix.kept], isReady: false }
}

function keyOf(kept: readonly number[]): string {
  return JSON.stringify([...kept].sort((a, b) => a - b))
}

export function markFileReady(db: Database, fileId: number): void {
  db.change('UPDATE files SET is_ready = 1 WHERE id = ?', fileId)
}

function fileOf(row: FileRow): StoredFile {
  return {
    id: row.id,
    songId: row.song_id,
    trackId: row.track_id,
    kept: row.kept === null ? null : (JSON.parse(row.kept) as number[]),
    isReady: row.is_ready === 1,
  }
}
