import type { Database } from './database.ts'
import { getJob, type Job, type JobRow, jobOf, SELECT_JOBS } from './jobs.ts'

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
  const row = db.one<JobRow>(`${SELECT_JOBS} WHERE jobs.invitation = ?`, `${jobId}/${generation}`)
  return row && jobOf(row)
}

/** Takes back all invitations: the broker that held them is gone, and the workers with it. */
export function recallJobs(db: Database): number {
  return db.change(`UPDATE jobs SET state = 'waiting', invitation = NULL WHERE state IN ('published', 'claimed')`)
}
