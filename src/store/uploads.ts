import type { Database } from './database.ts'

/* Songs whose uploads have not ended: what can be heard of them is heard already (progressive upload). */

/** Whether the file of a song is not whole yet, deleted or not. */
export function isUploading(db: Database, songId: number): boolean {
  return db.one('SELECT 1 AS n FROM songs WHERE id = ? AND arrival IS NOT NULL', songId) !== undefined
}

/** After a start: the songs whose uploads were cut off as the last server process ended. */
export function uploadingSongIds(db: Database): number[] {
  return db.all<{ id: number }>('SELECT id FROM songs WHERE arrival IS NOT NULL').map(({ id }) => id)
}
