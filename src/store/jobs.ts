import { randomBytes } from 'node:crypto'
import type { Database } from './database.ts'

export type JobState = 'waiting' | 'published' | 'claimed' | 'done' | 'failed' | 'cancelled'

export type Job = {
  id: number
  songId: number
  /** Only workers that have this model can do it. */
  modelId: string
  segment: number
  state: JobState
  /** Counts how often it was published; an invitation of an older generation is answered with 410. */
  generation: number
  token: string
  publishedAt: number | null
  worker: string | null
  /** The number of the newest attempt, and once it is done of the one whose result counts. */
  attempt: number
  seconds: number
  resultSha256: string | null
  stretchSha256: string | null
}

type JobRow = {
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
}

const SELECT = 'SELECT jobs.*, songs.model_id FROM jobs JOIN songs ON songs.id = jobs.song_id'

export function newToken(): string {
  return randomBytes(18).toString('base64url')
}

/** Makes the jobs of the segments below `segments` that have none yet. */
export function addJobs(db: Database, { songId, segments }: { songId: number; segments: number }): number {
  const known = db.one<{ n: number }>('SELECT count(*) AS n FROM jobs WHERE song_id = ?', songId)?.n ?? 0
  for (let segment = known; segment < segments; segment++) {
    db.insert('INSERT INTO jobs (song_id, segment, token) VALUES (?, ?, ?)', songId, segment, newToken())
  }
  return Math.max(0, segments - known)
}

export function getJob(db: Database, id: number): Job | undefined {
  const row = db.one<JobRow>(`${SELECT} WHERE jobs.id = ?`, id)
  return row && jobOf(row)
}

export function jobOfSegment(db: Database, { songId, segment }: { songId: number; segment: number }): Job | undefined {
  const row = db.one<JobRow>(`${SELECT} WHERE jobs.song_id = ? AND jobs.segment = ?`, songId, segment)
  return row && jobOf(row)
}

export function jobsOfSong(db: Database, songId: number): Job[] {
  return db.all<JobRow>(`${SELECT} WHERE jobs.song_id = ? ORDER BY jobs.segment`, songId).map(jobOf)
}

export function jobsInState(db: Database, state: JobState): Job[] {
  return db.all<JobRow>(`${SELECT} WHERE jobs.state = ? ORDER BY jobs.id`, state).map(jobOf)
}

const SELECT_IDS = `SELECT jobs.id FROM jobs JOIN songs ON songs.id = jobs.song_id WHERE songs.deleted_at IS NULL`

export function jobIds(db: Database, songId?: number): number[] {
  const rows =
    songId === undefined
      ? db.all<{ id: number }>(`${SELECT_IDS} ORDER BY jobs.id`)
      : db.all<{ id: number }>(`${SELECT_IDS} AND song_id = ? ORDER BY jobs.id`, songId)
  return rows.map(({ id }) => id)
}

/** How many jobs of each model are out: published or claimed. */
export function countOutstanding(db: Database): Map<string, number> {
  const rows = db.all<{ model_id: string; n: number }>(
    `SELECT songs.model_id, count(*) AS n FROM jobs JOIN songs ON songs.id = jobs.song_id
     WHERE jobs.state IN ('published', 'claimed') GROUP BY songs.model_id`,
  )
  return new Map(rows.map(({ model_id, n }) => [model_id, n]))
}

/** Of the songs of a model, the one that waited longest for a turn gives its first waiting segment. */
export function nextWaitingJob(db: Database, modelId: string): Job | undefined {
  const row = db.one<JobRow>(
    `${SELECT} WHERE jobs.state = 'waiting' AND songs.state = 'separating' AND songs.deleted_at IS NULL AND songs.model_id = ?
     ORDER BY songs.served_at, songs.id, jobs.segment LIMIT 1`,
    modelId,
  )
  return row && jobOf(row)
}

/** The first waiting segment of a stretch of a song, both ends included, if the song is of that model. */
export function waitingJobNear(
  db: Database,
  { songId, modelId, first, last }: { songId: number; modelId: string; first: number; last: number },
): Job | undefined {
  const row = db.one<JobRow>(
    `${SELECT} WHERE jobs.song_id = ? AND jobs.state = 'waiting' AND songs.state = 'separating' AND songs.deleted_at IS NULL
       AND songs.model_id = ? AND jobs.segment BETWEEN ? AND ? ORDER BY jobs.segment LIMIT 1`,
    songId,
    modelId,
    first,
    last,
  )
  return row && jobOf(row)
}

/** What a job of a model took lately, on the mean, in seconds of one worker; null before the first. */
export function secondsPerJob(db: Database, modelId: string): number | null {
  const row = db.one<{ seconds: number | null }>(
    `SELECT avg(seconds) AS seconds FROM (
       SELECT jobs.seconds FROM jobs JOIN songs ON songs.id = jobs.song_id
       WHERE jobs.state = 'done' AND songs.model_id = ? ORDER BY jobs.done_at DESC LIMIT 50)`,
    modelId,
  )
  return row?.seconds ?? null
}

/** The models that there is work for, published or not. */
export function modelsAtWork(db: Database): string[] {
  const rows = db.all<{ model_id: string }>(
    `SELECT DISTINCT model_id FROM songs WHERE state = 'separating' AND deleted_at IS NULL ORDER BY model_id`,
  )
  return rows.map(({ model_id }) => model_id)
}

/**
 * Notes that an invitation goes out, of a new generation, if the job is still as the caller saw it.
 * Returns the job as published, or undefined when it moved on meanwhile.
 */
export function markPublished(db: Database, seen: Job): Job | undefined {
  return db.transaction(() => {
    const changed = db.change(
      `UPDATE jobs SET state = 'published', generation = generation + 1, published_at = ?, invitation = NULL
       WHERE id = ? AND state = ? AND generation = ? AND attempt = ?`,
      Date.now(),
      seen.id,
      seen.state,
      seen.generation,
      seen.attempt,
    )
    if (changed === 0) return undefined
    const turn = db.one<{ turn: number }>('SELECT max(served_at) + 1 AS turn FROM songs')?.turn ?? 1
    db.change('UPDATE songs SET served_at = ? WHERE id = ?', turn, seen.songId)
    return getJob(db, seen.id)
  })
}

/**
 * Lets the invitation to a job that nobody has begun stand for another one that waits; the first waits in its place.
 * Whoever comes with that invitation, now or after a redelivery, comes to the other job.
 * @returns the other job as published, or undefined when one of them moved on meanwhile
 */
export function tradeInvitation(db: Database, { from, to }: { from: Job; to: Job }): Job | undefined {
  return db.transaction(() => {
    const isAsSeen = (seen: Job) => {
      const now = getJob(db, seen.id)
      return now?.state === seen.state && now.generation === seen.generation && now.attempt === seen.attempt
    }
    if (from.state !== 'published' || to.state !== 'waiting' || !isAsSeen(from) || !isAsSeen(to)) return undefined
    db.change(`UPDATE jobs SET state = 'waiting', generation = generation + 1 WHERE id = ?`, from.id)
    db.change(
      `UPDATE jobs SET state = 'published', generation = generation + 1, published_at = ?, invitation = ? WHERE id = ?`,
      Date.now(),
      `${from.id}/${from.generation}`,
      to.id,
    )
    return getJob(db, to.id)
  })
}

/** The job that an invitation to another one was traded for. */
export function jobOfTrade(
  db: Database,
  { jobId, generation }: { jobId: number; generation: number },
): Job | undefined {
  const row = db.one<JobRow>(`${SELECT} WHERE jobs.invitation = ?`, `${jobId}/${generation}`)
  return row && jobOf(row)
}

/** Takes back all invitations: the broker that held them is gone, and the workers with it. */
export function recallJobs(db: Database): number {
  return db.change(`UPDATE jobs SET state = 'waiting', invitation = NULL WHERE state IN ('published', 'claimed')`)
}

/** Opens a job again whose result was lost; a stretch that is final already stays so. */
export function reopenJob(db: Database, id: number): void {
  db.change(`UPDATE jobs SET state = 'waiting', result_sha256 = NULL WHERE id = ? AND state = 'done'`, id)
}

/** Takes back that a stretch is final: what is on disk is not what was written. */
export function forgetStretch(db: Database, jobId: number): void {
  db.change('UPDATE jobs SET stretch_sha256 = NULL WHERE id = ?', jobId)
}

export function markStretchFinal(db: Database, { jobId, sha256 }: { jobId: number; sha256: string }): void {
  db.change('UPDATE jobs SET stretch_sha256 = ? WHERE id = ?', sha256, jobId)
}

function jobOf(row: JobRow): Job {
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
    stretchSha256: row.stretch_sha256,
  }
}
