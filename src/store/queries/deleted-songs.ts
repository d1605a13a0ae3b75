import type { Database } from '../ledger/database.ts'

export function songsDeletedBefore(db: Database, time: number): number[] {
  return db.all<{ id: number }>('SELECT id FROM songs WHERE deleted_at <= ?', time).map(({ id }) => id)
}

/** Songs added before a time, except for those being separated: retention does not interrupt work. */
export function songsAddedBefore(db: Database, time: number): number[] {
  const sql = `SELECT id FROM songs WHERE added_at <= ? AND deleted_at IS NULL AND state <> 'separating'`
  return db.all<{ id: number }>(sql, time).map(({ id }) => id)
}

/** The ids of all songs in the ledger, deleted ones included. Their folders must be kept. */
export function knownSongIds(db: Database): number[] {
  return db.all<{ id: number }>('SELECT id FROM songs').map(({ id }) => id)
}

/** The erased songs: their ids and when they were added. */
export function erasedSongs(db: Database): { songId: number; addedAt: number }[] {
  return db.all('SELECT song_id AS songId, added_at AS addedAt FROM erased_songs')
}

/** The highest id ever given to a song, or 0 in a new ledger. No id is used twice. */
export function lastSongId(db: Database): number {
  return db.one<{ seq: number }>(`SELECT seq FROM sqlite_sequence WHERE name = 'songs'`)?.seq ?? 0
}

/** Whether a song has or had this id. */
export function isUsedSongId(db: Database, songId: number): boolean {
  const sql = 'SELECT 1 AS n WHERE ?1 IN (SELECT id FROM songs) OR ?1 IN (SELECT song_id FROM erased_songs)'
  return db.one<{ n: number }>(sql, songId) !== undefined
}

/** Reserves all ids up to this one, because a folder of an unknown song has that number. */
export function reserveSongIds(db: Database, songId: number): void {
  const last = lastSongId(db)
  if (songId <= last) return
  if (last === 0) db.insert(`INSERT INTO sqlite_sequence (name, seq) VALUES ('songs', ?)`, songId)
  else db.change(`UPDATE sqlite_sequence SET seq = ? WHERE name = 'songs'`, songId)
}
