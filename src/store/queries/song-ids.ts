import type { Database } from '../ledger/database.ts'
import { eachId } from './each-id.ts'

const IDS_PER_PAGE = 100

/**
 * Yields the ids of all songs that are not deleted. The ledger may change between pages.
 * @param after the id before the first one, in this order; default: from the beginning
 */
export function songIds(
  db: Database,
  { order = 'oldest', after }: { order?: 'oldest' | 'newest' | undefined; after?: number | undefined } = {},
): Generator<number> {
  const sql =
    order === 'oldest'
      ? 'SELECT id FROM songs WHERE deleted_at IS NULL AND id > ? ORDER BY id LIMIT ?'
      : 'SELECT id FROM songs WHERE deleted_at IS NULL AND id < ? ORDER BY id DESC LIMIT ?'
  const first = order === 'oldest' ? 0 : Number.MAX_SAFE_INTEGER
  return eachId(db, { sql, after: after ?? first, pageSize: IDS_PER_PAGE })
}

/** The lowest id from `from` on of a song that is not deleted, or null. */
export function firstSongId(db: Database, from: number): number | null {
  const sql = 'SELECT min(id) AS id FROM songs WHERE deleted_at IS NULL AND id >= ?'
  return db.one<{ id: number | null }>(sql, from)?.id ?? null
}
