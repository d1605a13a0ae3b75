import type { JobState } from '../../song/lifecycle.ts'
import type { JobKind } from '../../song/messages.ts'
import type { Database } from '../ledger/database.ts'
import { eachId } from './each-id.ts'

type AnyJob = {
  id: number
  songId: number
  /** Only workers that have this model can do it. */
  modelId: string
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
}

/** The separation of one segment. */
export type SeparationJob = AnyJob & {
  kind: 'separate'
  segment: number
  blockSha256: string | null
  /** Whether the input comes from a seek decode that the song's own decoding has not confirmed yet. */
  isProvisional: boolean
}

/** Words to be heard or placed in a range of the voice stem. `lyrics-tasks.ts` reads its task. */
export type LyricsJob = AnyJob & { kind: 'lyrics' }

export type Job = SeparationJob | LyricsJob

export type JobRow = {
  id: number
  song_id: number
  kind: JobKind
  model_id: string
  segment: number | null
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

/** Jobs of every kind. */
export const SELECT_JOBS = `SELECT jobs.*, coalesce(lyrics_tasks.model_id, songs.model_id) AS model_id FROM jobs
   JOIN songs ON songs.id = jobs.song_id LEFT JOIN lyrics_tasks ON lyrics_tasks.job_id = jobs.id`
export const SELECT_SEPARATION_JOBS = `SELECT jobs.*, songs.model_id FROM separation_jobs AS jobs
   JOIN songs ON songs.id = jobs.song_id`

/** A job of any kind. */
export function getJob(db: Database, id: number): Job | undefined {
  const row = db.one<JobRow>(`${SELECT_JOBS} WHERE jobs.id = ?`, id)
  return row && jobOf(row)
}

export function jobOfSegment(
  db: Database,
  { songId, segment }: { songId: number; segment: number },
): SeparationJob | undefined {
  const sql = `${SELECT_SEPARATION_JOBS} WHERE jobs.song_id = ? AND jobs.segment = ?`
  const row = db.one<JobRow>(sql, songId, segment)
  return row && separationJobOf(row)
}

/** The jobs of a song's separation. */
export function jobsOfSong(db: Database, songId: number): SeparationJob[] {
  const sql = `${SELECT_SEPARATION_JOBS} WHERE jobs.song_id = ? ORDER BY jobs.segment`
  return db.all<JobRow>(sql, songId).map(separationJobOf)
}

/** The done jobs of a song whose input is still provisional. */
export function unconfirmedJobs(db: Database, songId: number): SeparationJob[] {
  const sql = `${SELECT_SEPARATION_JOBS} WHERE jobs.song_id = ? AND jobs.is_ahead = 1 AND jobs.state = 'done'
     ORDER BY jobs.segment`
  return db.all<JobRow>(sql, songId).map(separationJobOf)
}

/** Jobs of every kind in a state. */
export function jobsInState(db: Database, state: JobState): Job[] {
  return db.all<JobRow>(`${SELECT_JOBS} WHERE jobs.state = ? ORDER BY jobs.id`, state).map(jobOf)
}

const IDS_PER_PAGE = 1_000

/** Yields the ids of all jobs of separations, or of those of a song. The ledger may change between pages. */
export function eachJobId(db: Database, songId?: number): Generator<number> {
  const sql = `SELECT jobs.id FROM separation_jobs AS jobs JOIN songs ON songs.id = jobs.song_id
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
       SELECT jobs.seconds FROM separation_jobs AS jobs JOIN songs ON songs.id = jobs.song_id
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
  return row.kind === 'lyrics' ? { kind: 'lyrics', ...commonOf(row) } : separationJobOf(row)
}

export function separationJobOf(row: JobRow): SeparationJob {
  if (row.segment === null) throw new Error(`Job[${row.id}] has no segment.`)
  return {
    kind: 'separate',
    ...commonOf(row),
    segment: row.segment,
    blockSha256: row.stretch_sha256,
    isProvisional: row.is_ahead === 1,
  }
}

function commonOf(row: JobRow): AnyJob {
  return {
    id: row.id,
    songId: row.song_id,
    modelId: row.model_id,
    state: row.state,
    generation: row.generation,
    token: row.token,
    publishedAt: row.published_at,
    worker: row.worker,
    attempt: row.attempt,
    seconds: row.seconds,
    resultSha256: row.result_sha256,
  }
}
