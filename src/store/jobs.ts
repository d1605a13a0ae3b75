import type { JobState } from '../song/lifecycle.ts'
import type { Database } from './database.ts'
import { eachId } from './each-id.ts'

export type Job = {
  id: number
  songId: number
  /** Only workers that have this model can do it. */
  modelId: string
  segment: number
  state: JobState
  /** How often the job was published. An invitation of an older generation is answered with 410. */
  generation: number
  token: string
  publishedAt: number | null
  worker: string | null
  /** The newest attempt. Once the job is done: the attempt whose result counts. */
  attempt: number
  seconds: number
  resultSha256: string | null
  blockSha256: string | null
  /** Whether the input comes from a seek decode that the song's own decoding has not confirmed yet. */
  isProvisional: boolean
}

export type JobRow = {
  id: number
  song_id: number
  model_id: string
  segment: number
  state: JobState
  generation: number
  token: string
  published_at: number | null
  worker: string | null
  attempt: number
  seconds: number
  result_sha256: string | null
  stretch_sha256: string | null
  is_ahead: number
}

export const SELECT_JOBS = 'SELECT jobs.*, songs.model_id FROM jobs JOIN songs ON songs.id = jobs.song_id'

export function getJob(db: Database, id: number): Job | undefined {
  const row = db.one<JobRow>(`${SELECT_JOBS} WHERE jobs.id = ?`, id)
  return row && jobOf(row)
}

export function jobOfSegment(db: Database, { songId, segment }: { songId: number; segment: number }): Job | undefined {
  const row = db.one<JobRow>(`${SELECT_JOBS} WHERE jobs.song_id = ? AND jobs.segment = ?`, songId, segment)
  return row && jobOf(row)
}

export function jobsOfSong(db: Database, songId: number): Job[] {
  return db.all<JobRow>(`${SELECT_JOBS} WHERE jobs.song_id = ? ORDER BY jobs.segment`, songId).map(jobOf)
}

/** The done jobs of a song whose input is still provisional. */
export function unconfirmedJobs(db: Database, songId: number): Job[] {
  const sql = `${SELECT_JOBS} WHERE jobs.song_id = ? AND jobs.is_ahead = 1 AND jobs.state = 'done' ORDER BY jobs.segment`
  return db.all<JobRow>(sql, songId).map(jobOf)
}

export function jobsInState(db: Database, state: JobState): Job[] {
  return db.all<JobRow>(`${SELECT_JOBS} WHERE jobs.state = ? ORDER BY jobs.id`, state).map(jobOf)
}

const IDS_PER_PAGE = 1_000

/** Yields the ids of all jobs, or of a song's jobs. The ledger may change between pages. */
export function eachJobId(db: Database, songId?: number): Generator<number> {
  const sql = `SELECT jobs.id FROM jobs JOIN songs ON songs.id = jobs.song_id
     WHERE songs.deleted_at IS NULL AND jobs.id > ? ${songId === undefined ? '' : 'AND song_id = ?'} ORDER BY jobs.id LIMIT ?`
  return eachId(db, { sql, after: 0, values: songId === undefined ? [] : [songId], pageSize: IDS_PER_PAGE })
}

export function jobIds(db: Database, songId?: number): number[] {
  return [...eachJobId(db, songId)]
}

/** The number of published and claimed jobs of each model. */
export function countOutstanding(db: Database): Map<string, number> {
  const rows = db.all<{ model_id: string; n: number }>(
    `SELECT songs.model_id, count(*) AS n FROM jobs JOIN songs ON songs.id = jobs.song_id
     WHERE jobs.state IN ('published', 'claimed') GROUP BY songs.model_id`,
  )
  return new Map(rows.map(({ model_id, n }) => [model_id, n]))
}

/** The next job of a model. Songs take turns: the song served longest ago gives its first waiting segment. */
export function nextWaitingJob(db: Database, modelId: string): Job | undefined {
  const row = db.one<JobRow>(
    `${SELECT_JOBS} WHERE jobs.state = 'waiting' AND songs.state = 'separating' AND songs.deleted_at IS NULL AND songs.model_id = ?
     ORDER BY songs.served_at, songs.id, jobs.segment LIMIT 1`,
    modelId,
  )
  return row && jobOf(row)
}

/**
 * The first waiting job of a song in segments [first, last], both included. Undefined if the song is not of that model.
 * @param includesPublished also return a job that is published but not claimed
 */
export function firstWaitingJob(
  db: Database,
  {
    songId,
    modelId,
    first,
    last,
    includesPublished,
  }: { songId: number; modelId: string; first: number; last: number; includesPublished: boolean },
): Job | undefined {
  const states = includesPublished ? "jobs.state IN ('waiting', 'published')" : "jobs.state = 'waiting'"
  const row = db.one<JobRow>(
    `${SELECT_JOBS} WHERE jobs.song_id = ? AND ${states} AND songs.state = 'separating' AND songs.deleted_at IS NULL
       AND songs.model_id = ? AND jobs.segment BETWEEN ? AND ? ORDER BY jobs.segment LIMIT 1`,
    songId,
    modelId,
    first,
    last,
  )
  return row && jobOf(row)
}

/** Mean duration of the last 50 jobs of a model, in seconds of one worker. Null before the first. */
export function secondsPerJob(db: Database, modelId: string): number | null {
  const row = db.one<{ seconds: number | null }>(
    `SELECT avg(seconds) AS seconds FROM (
       SELECT jobs.seconds FROM jobs JOIN songs ON songs.id = jobs.song_id
       WHERE jobs.state = 'done' AND songs.model_id = ? ORDER BY jobs.done_at DESC LIMIT 50)`,
    modelId,
  )
  return row?.seconds ?? null
}

/** The ids of the models with songs in work, whether their jobs are published or not. */
export function modelIdsInWork(db: Database): string[] {
  const rows = db.all<{ model_id: string }>(
    `SELECT DISTINCT model_id FROM songs WHERE state = 'separating' AND deleted_at IS NULL ORDER BY model_id`,
  )
  return rows.map(({ model_id }) => model_id)
}

export function jobOf(row: JobRow): Job {
  return {
    id: row.id,
    songId: row.song_id,
    modelId: row.model_id,
    segment: row.segment,
    state: row.state,
    generation: row.generation,
    token: row.token,
    publishedAt: row.published_at,
    worker: row.worker,
    attempt: row.attempt,
    seconds: row.seconds,
    resultSha256: row.result_sha256,
    blockSha256: row.stretch_sha256,
    isProvisional: row.is_ahead === 1,
  }
}
