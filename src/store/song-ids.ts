import type { Database } from './database.ts'
import { eachId } from './each-id.ts'

const AT_A_TIME = 100

/**
 * The ids of all songs but the deleted ones, read as they are asked for: the ledger may change meanwhile.
 * @param after where it begins, in this order; all where nothing is said
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
  return eachId(db, { sql, after: after ?? first, pageSize: AT_A_TIME })
}

/** The first song from this id on that is not deleted; null when there is none. */
export function firstSongId(db: Database, from: number): number | null {
  const sql = 'SELECT min(id) AS id FROM songs WHERE deleted_at IS NULL AND id >= ?'
  return db.one<{ id: number | null }>(sql, from)?.id ?? null
}
