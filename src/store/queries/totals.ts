import { OPEN_JOB_STATES } from '../../song/lifecycle.ts'
import type { Database } from '../ledger/database.ts'
import { sqlList } from '../ledger/sql-list.ts'

type Count = { state: string; n: number }

/** The number of jobs of every kind in each open state. */
export function countOpenJobs(db: Database): Record<string, number> {
  const rows = db.all<Count>(
    `SELECT state, count(*) AS n FROM jobs WHERE state IN (${sqlList(OPEN_JOB_STATES)}) GROUP BY state`,
  )
  return { waiting: 0, published: 0, claimed: 0, ...totals(rows) }
}

export type JobTotals = {
  done: number
  running: number
  redelivered: number
  /** The number of final blocks, and the segment of the last one (−1 without any). */
  final: number
  lastFinal: number
}

/** The progress of a song in one query. A song of ten hours has thousands of jobs, and this is asked at every change of one. */
export function jobTotals(db: Database, songId: number): JobTotals {
  const totals = db.one<JobTotals>(
    `SELECT count(*) FILTER (WHERE state = 'done') AS done,
       count(*) FILTER (WHERE state = 'claimed') AS running,
       count(*) FILTER (WHERE attempt > 1) AS redelivered,
       count(stretch_sha256) AS final,
       coalesce(max(segment) FILTER (WHERE stretch_sha256 IS NOT NULL), -1) AS lastFinal
     FROM separation_jobs WHERE song_id = ?`,
    songId,
  )
  return totals ?? { done: 0, running: 0, redelivered: 0, final: 0, lastFinal: -1 }
}

/** The number of final blocks whose input is confirmed. */
export function countConfirmedBlocks(db: Database, songId: number): number {
  const sql =
    'SELECT count(*) AS n FROM separation_jobs WHERE song_id = ? AND stretch_sha256 IS NOT NULL AND is_ahead = 0'
  return db.one<{ n: number }>(sql, songId)?.n ?? 0
}

export function countSongs(db: Database): Record<string, number> {
  const rows = db.all<Count>('SELECT state, count(*) AS n FROM songs WHERE deleted_at IS NULL GROUP BY state')
  return { added: 0, separating: 0, separated: 0, failed: 0, ...totals(rows) }
}

function totals(rows: readonly Count[]): Record<string, number> {
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]))
}
