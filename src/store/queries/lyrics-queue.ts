import { OPEN_JOB_STATES } from '../../song/lifecycle.ts'
import type { Database } from '../ledger/database.ts'
import { sqlList } from '../ledger/sql-list.ts'
import { type JobRow, jobOf, type LyricsJob, SELECT_JOBS } from './jobs.ts'

export function hasOpenLyricsJobs(db: Database): boolean {
  const sql = `SELECT 1 AS n FROM jobs WHERE kind = 'lyrics' AND state IN (${sqlList(OPEN_JOB_STATES)}) LIMIT 1`
  return db.one<{ n: number }>(sql) !== undefined
}

/**
 * The next jobs for lyrics of a model: of songs with a listener first, then of the song that has waited longest for its turn, each
 * from the song's beginning.
 * @param listened the songs with a listener
 */
export function waitingLyricsJobs(
  db: Database,
  { modelId, listened, limit }: { modelId: string; listened: readonly number[]; limit: number },
): LyricsJob[] {
  const sql = `${SELECT_JOBS} JOIN lyrics_work ON lyrics_work.song_id = jobs.song_id
     WHERE jobs.kind = 'lyrics' AND jobs.state = 'waiting' AND lyrics_tasks.model_id = ? AND songs.deleted_at IS NULL
     ORDER BY jobs.song_id IN (SELECT value FROM json_each(?)) DESC, lyrics_work.served_at, lyrics_work.asked_at,
       jobs.song_id, lyrics_tasks.start_sample, jobs.id
     LIMIT ?`
  const jobs = db.all<JobRow>(sql, modelId, JSON.stringify(listened), limit).map(jobOf)
  return jobs.filter((job) => job.kind === 'lyrics')
}

/** How many separations were published since the last job of the lyrics that are in work. */
export function separationsSinceLyrics(db: Database): number {
  const sql = `SELECT coalesce((SELECT max(served_at) FROM songs), 0)
     - coalesce((SELECT max(served_at) FROM lyrics_work WHERE reason IS NULL), 0) AS n`
  return Math.max(0, db.one<{ n: number }>(sql)?.n ?? 0)
}
