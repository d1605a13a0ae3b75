import type { Database } from '../ledger/database.ts'

/** The number of blocks of a song, from its beginning without a gap, that are final and whose input is confirmed. */
export function countSteadyBlocks(db: Database, songId: number): number {
  const sql = `SELECT coalesce(
       min(segment) FILTER (WHERE stretch_sha256 IS NULL OR is_ahead = 1), max(segment) + 1, 0) AS n
     FROM separation_jobs WHERE song_id = ?`
  return db.one<{ n: number }>(sql, songId)?.n ?? 0
}
