import type { Database } from './database.ts'
import type { NewSong } from './songs.ts'

/** What only the end of a file may tell. */
export type Found = Pick<NewSong, 'title' | 'band' | 'album' | 'announcedSeconds' | 'cover'>

/**
 * Says that a song's file is whole, and what was found in it; names that a person has given meanwhile stay.
 * @param early what was found when the song was added
 * @returns false when the song is gone
 */
export function finishArrival(
  db: Database,
  { songId, early, found }: { songId: number; early: Found; found: Found },
): boolean {
  const changed = db.change(
    `UPDATE songs SET arrival = NULL, announced_seconds = ?, cover = ?, album = ?,
       title = CASE title WHEN ? THEN ? ELSE title END, band = CASE band WHEN ? THEN ? ELSE band END
     WHERE id = ? AND arrival IS NOT NULL`,
    found.announcedSeconds,
    found.cover,
    found.album,
    early.title,
    found.title,
    early.band,
    found.band,
    songId,
  )
  return changed === 1
}

/** Whether a song is still on its way, deleted or not. */
export function isArriving(db: Database, songId: number): boolean {
  return db.one('SELECT 1 AS n FROM songs WHERE id = ? AND arrival IS NOT NULL', songId) !== undefined
}

/** Removes the songs whose uploads ended with the last run of the server; returns how many. */
export function forgetArrivals(db: Database): number {
  return db.change('DELETE FROM songs WHERE arrival IS NOT NULL')
}
