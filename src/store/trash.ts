import type { Database } from './database.ts'

/** Takes a song out of everybody's sight and cancels its work; false when it was not there. */
export function hideSong(db: Database, songId: number): boolean {
  const hide = (): boolean => {
    const now = db.now()
    if (db.change('UPDATE songs SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL', now, songId) === 0)
      return false
    // Whoever is at it is told "gone": that is no death.
    db.change(
      `UPDATE attempts SET state = 'returned', reason = 'the song was deleted', ended_at = ?
       WHERE state = 'running' AND job_id IN (SELECT id FROM jobs WHERE song_id = ?)`,
      now,
      songId,
    )
    db.change(
      `UPDATE jobs SET state = 'cancelled' WHERE song_id = ? AND state IN ('waiting', 'published', 'claimed')`,
      songId,
    )
    return true
  }
  return db.transaction(hide, { isDurable: true })
}

/** Undoes it; false when the song was not deleted, or is gone for good. */
export function unhideSong(db: Database, songId: number): boolean {
  const unhide = (): boolean => {
    if (db.change('UPDATE songs SET deleted_at = NULL WHERE id = ? AND deleted_at IS NOT NULL', songId) === 0)
      return false
    // A failed song's jobs stay cancelled.
    db.change(
      `UPDATE jobs SET state = 'waiting' WHERE song_id = ? AND state = 'cancelled'
         AND song_id IN (SELECT id FROM songs WHERE state = 'separating')`,
      songId,
    )
    return true
  }
  return db.transaction(unhide, { isDurable: true })
}

export function songsHiddenBefore(db: Database, time: number): number[] {
  return db.all<{ id: number }>('SELECT id FROM songs WHERE deleted_at <= ?', time).map(({ id }) => id)
}

/** Those that nobody is at: what is being separated is not taken away. */
export function songsAddedBefore(db: Database, time: number): number[] {
  const sql = `SELECT id FROM songs WHERE added_at <= ? AND deleted_at IS NULL AND state <> 'separating'`
  return db.all<{ id: number }>(sql, time).map(({ id }) => id)
}

/** Songs that came while the clock was ahead came now at the latest: so says who vouches for the clock. */
export function clampFutureDates(db: Database): void {
  db.change('UPDATE songs SET added_at = ? WHERE added_at > ?', db.now(), db.now())
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

/** Removes a song and all that hangs on it from the ledger; false when it was not there. */
export function deleteSong(db: Database, songId: number): boolean {
  return db.change('DELETE FROM songs WHERE id = ?', songId) === 1
}

/** Removes all songs from the ledger. */
export function deleteAllSongs(db: Database): void {
  db.transaction(() => db.change('DELETE FROM songs'), { isDurable: true })
}
