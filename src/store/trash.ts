import type { Database } from './database.ts'

export function songsDeletedBefore(db: Database, time: number): number[] {
  return db.all<{ id: number }>('SELECT id FROM songs WHERE deleted_at <= ?', time).map(({ id }) => id)
}

/** Those that nobody is at: what is being separated is not taken away. */
export function songsAddedBefore(db: Database, time: number): number[] {
  const sql = `SELECT id FROM songs WHERE added_at <= ? AND deleted_at IS NULL AND state <> 'separating'`
  return db.all<{ id: number }>(sql, time).map(({ id }) => id)
}

/** Of all songs, the deleted ones with them: theirs are the folders that have to be kept. */
export function knownSongIds(db: Database): number[] {
  return db.all<{ id: number }>('SELECT id FROM songs').map(({ id }) => id)
}

/** The songs that were deleted for good, by their ids and when they came. */
export function erasedSongs(db: Database): { songId: number; addedAt: number }[] {
  return db.all('SELECT song_id AS songId, added_at AS addedAt FROM erased_songs')
}

/** The highest id that a song ever had here, since none is used twice; 0 where the ledger was just made. */
export function lastSongId(db: Database): number {
  return db.one<{ seq: number }>(`SELECT seq FROM sqlite_sequence WHERE name = 'songs'`)?.seq ?? 0
}

/** No song gets an id up to this one any more: a folder of that number is there, of a song that the ledger does not know. */
export function reserveSongIds(db: Database, songId: number): void {
  const last = lastSongId(db)
  if (songId <= last) return
  if (last === 0) db.insert(`INSERT INTO sqlite_sequence (name, seq) VALUES ('songs', ?)`, songId)
  else db.change(`UPDATE sqlite_sequence SET seq = ? WHERE name = 'songs'`, songId)
}
