import type { Database } from '../ledger/database.ts'

/** The tracks of a mix, by id, and their gains in dB. A track without an entry keeps its level. */
export type Mix = { tracks: readonly number[]; gains: Readonly<Record<number, number>> }

/** A file that can be fetched: a stem (with a track) or a mix. */
export type StoredFile = { id: number; songId: number; trackId: number | null; mix: Mix | null; isReady: boolean }

type FileRow = {
  id: number
  song_id: number
  track_id: number | null
  kept: string | null
  gains: string | null
  is_ready: number
}

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
    'SELECT * FROM files WHERE song_id = ? AND kept = ? AND gains IS ?',
    songId,
    ...mixColumns(mix),
  )
  return row && fileOf(row)
}

/** Returns the file of a mix. Creates its row on first use. */
export function mixFile(db: Database, { songId, mix }: { songId: number; mix: Mix }): StoredFile {
  const known = findMix(db, { songId, mix })
  if (known) return known
  const id = db.insert('INSERT INTO files (song_id, kept, gains) VALUES (?, ?, ?)', songId, ...mixColumns(mix))
  return { id, songId, trackId: null, mix, isReady: false }
}

/** The mixes with gains, except for the newest `count`. Oldest first. */
export function olderMixes(db: Database, { songId, count }: { songId: number; count: number }): StoredFile[] {
  return db
    .all<FileRow>(
      'SELECT * FROM files WHERE song_id = ? AND gains IS NOT NULL ORDER BY id DESC LIMIT -1 OFFSET ?',
      songId,
      count,
    )
    .map(fileOf)
    .reverse()
}

/** The mixes of separated songs that are not rendered yet, with their length in samples. */
export function mixesToRender(db: Database): { id: number; samples: number }[] {
  return db.all(
    `SELECT files.id, songs.samples FROM files JOIN songs ON songs.id = files.song_id
     WHERE files.kept IS NOT NULL AND files.is_ready = 0 AND songs.state = 'separated' AND songs.deleted_at IS NULL`,
  )
}

export function removeFile(db: Database, fileId: number): void {
  db.change('DELETE FROM files WHERE id = ?', fileId)
}

/** The columns that identify a mix. Equal mixes give equal text: tracks are sorted and gains of 0 dB are left out. */
function mixColumns({ tracks, gains }: Mix): [kept: string, gains: string | null] {
  const changed = tracks.flatMap((id) => (gains[id] ? [[id, gains[id]] as const] : []))
  const text = changed.length > 0 ? JSON.stringify(Object.fromEntries(changed)) : null
  return [JSON.stringify([...tracks].sort((a, b) => a - b)), text]
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
    mix: row.kept === null ? null : { tracks: JSON.parse(row.kept) as number[], gains: gainsOf(row) },
    isReady: row.is_ready === 1,
  }
}

function gainsOf({ gains }: FileRow): Mix['gains'] {
  return gains === null ? {} : (JSON.parse(gains) as Record<number, number>)
}
