import type { Database } from '../ledger/database.ts'

/** A song whose turn comes, and its model. */
export type SongTurn = { songId: number; modelId: string }

/** The songs in separation in the order in which they take turns, as far as rows of songs tell it. Their jobs are not read. */
export function songsInTurn(db: Database, limit: number): SongTurn[] {
  return db.all<SongTurn>(
    `SELECT id AS songId, model_id AS modelId FROM songs WHERE state = 'separating' AND deleted_at IS NULL
     ORDER BY served_at, id LIMIT ?`,
    limit,
  )
}

/** For each model of separations: how long each of its claimed jobs has been running, in seconds. */
export function runningSeconds(db: Database): Map<string, number[]> {
  const rows = db.all<{ modelId: string; startedAt: number }>(
    `SELECT songs.model_id AS modelId, attempts.started_at AS startedAt FROM separation_jobs AS jobs
     JOIN attempts ON attempts.job_id = jobs.id AND attempts.number = jobs.attempt
     JOIN songs ON songs.id = jobs.song_id WHERE jobs.state = 'claimed'`,
  )
  const now = db.now()
  const byModel = Map.groupBy(rows, ({ modelId }) => modelId)
  return new Map([...byModel].map(([id, all]) => [id, all.map(({ startedAt }) => Math.max(0, now - startedAt) / 1000)]))
}

/**
 * The mean duration of the jobs of the songs of a model that were in work last, in seconds of one worker. Null before the
 * first. Unlike `secondsPerJob` it does not read the jobs of the whole library.
 */
export function recentSecondsPerJob(db: Database, modelId: string): number | null {
  const row = db.one<{ seconds: number | null }>(
    `SELECT avg(seconds) AS seconds FROM separation_jobs WHERE state = 'done' AND song_id IN (
       SELECT id FROM songs WHERE model_id = ? AND served_at > 0 ORDER BY served_at DESC LIMIT 3)`,
    modelId,
  )
  return row?.seconds ?? null
}

/** Whether a job of the song's separation is claimed or done. */
export function hasBegun(db: Database, songId: number): boolean {
  const sql = `SELECT 1 AS n FROM separation_jobs WHERE state IN ('claimed', 'done') AND song_id = ? LIMIT 1`
  return db.one<{ n: number }>(sql, songId) !== undefined
}
