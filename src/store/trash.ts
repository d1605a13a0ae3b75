import type { Database } from './database.ts'

/** Takes a song out of everybody's sight and cancels its work; false when it was not there. */
export function hideSong(db: Database, songId: number): boolean {
  return db.transaction(() => {
    const now = Date.now()
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
  })
}

/** Undoes it; false when the song was not deleted, or is gone for good. */
export function unhideSong(db: Database, songId: number): boolean {
  return db.transaction(() => {
    if (db.change('UPDATE songs SET deleted_at = NULL WHERE id = ? AND deleted_at IS NOT NULL', songId) === 0)
      return false
    // A failed song's jobs stay cancelled.
    db.change(
      `UPDATE jobs SET state = 'waiting' WHERE song_id = ? AND state = 'cancelled'
         AND song_id IN (SELECT id FROM songs WHERE state = 'separating')`,
      songId,
    )
    return true
  })
}

export function songsHiddenBefore(db: Database, time: number): number[] {
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

/** Removes a song and all that hangs on it from the ledger; false when it was not there. */
export function deleteSong(db: Database, songId: number): boolean {
  return db.change('DELETE FROM songs WHERE id = ?', songId) === 1
}

/** Removes all songs; returns their ids. */
export function deleteAllSongs(db: Database): number[] {
  return db.transaction(() => {
    const ids = db.all<{ id: number }>('SELECT id FROM songs').map(({ id }) => id)
    db.change('DELETE FROM songs')
    return ids
  })
}
