import type { Database } from './database.ts'

type Count = { state: string; n: number }

/** How many jobs are in each state in which something is still to be done. */
export function countOpenJobs(db: Database): Record<string, number> {
  const rows = db.all<Count>(
    `SELECT state, count(*) AS n FROM jobs WHERE state IN ('waiting', 'published', 'claimed') GROUP BY state`,
  )
  return { waiting: 0, published: 0, claimed: 0, ...totals(rows) }
}

export function countSongs(db: Database): Record<string, number> {
  const rows = db.all<Count>('SELECT state, count(*) AS n FROM songs WHERE deleted_at IS NULL GROUP BY state')
  return { added: 0, separating: 0, separated: 0, failed: 0, ...totals(rows) }
}

function totals(rows: readonly Count[]): Record<string, number> {
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]))
}
