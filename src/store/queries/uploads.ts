import type { Database } from '../ledger/database.ts'

/* Songs whose uploads have not ended (progressive upload). Their first part can already be played. */

/** Whether the file of a song is still incomplete. The song may be deleted. */
export function isUploading(db: Database, songId: number): boolean {
  return db.one('SELECT 1 AS n FROM songs WHERE id = ? AND arrival IS NOT NULL', songId) !== undefined
}

/** The ids of songs whose file is incomplete. After a start: those whose upload was cut off when the server ended. */
export function uploadingSongIds(db: Database): number[] {
  return db.all<{ id: number }>('SELECT id FROM songs WHERE arrival IS NOT NULL').map(({ id }) => id)
}
