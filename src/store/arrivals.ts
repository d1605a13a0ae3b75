import type { Database } from './database.ts'
import type { NewSong } from './songs.ts'

/** What only the end of a file may tell. */
export type Found = Pick<NewSong, 'title' | 'band' | 'album' | 'announcedSeconds' | 'cover' | 'track' | 'warnings'>

/**
 * Says that a song's file is whole, and what was found in it; names that a person has given meanwhile stay.
 * @param early what was found when the song was added
 * @returns false when the song is gone
 */
export function finishArrival(
  db: Database,
  { songId, early, found }: { songId: number; early: Found; found: Found },
): boolean {
  const sql = `UPDATE songs SET arrival = NULL, announced_seconds = ?, cover = ?, album = ?, warnings = ?,
       title = CASE title WHEN ? THEN ? ELSE title END, band = CASE band WHEN ? THEN ? ELSE band END
     WHERE id = ? AND arrival IS NOT NULL`
  const { announcedSeconds, cover, album, warnings = [], title, band } = found
  const told = JSON.stringify(warnings)
  const finish = () =>
    db.change(sql, announcedSeconds, cover, album, told, early.title, title, early.band, band, songId)
  return db.transaction(finish, { isDurable: true }) === 1
}

/** Whether a song is still on its way, deleted or not. */
export function isArriving(db: Database, songId: number): boolean {
  return db.one('SELECT 1 AS n FROM songs WHERE id = ? AND arrival IS NOT NULL', songId) !== undefined
}

/** The songs whose files were still on their way when the last life of the server ended. */
export function arrivingSongIds(db: Database): number[] {
  return db.all<{ id: number }>('SELECT id FROM songs WHERE arrival IS NOT NULL').map(({ id }) => id)
}

/** A song's file proved to be whole, though its server was killed before it could say so. */
export function confirmArrival(db: Database, songId: number): void {
  db.change('UPDATE songs SET arrival = NULL WHERE id = ?', songId)
}
