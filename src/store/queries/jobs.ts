import type { JobState } from '../../song/lifecycle.ts'
import type { Database } from '../ledger/database.ts'
import { eachId } from './each-id.ts'

export type Job = {
  id: number
  songId: number
  /** Only workers that have this model can do it. */
  modelId: string
  segment: number
  state: JobState
  /** How often the job was published. An invitation of an older generation is answered 'gone'. */
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
