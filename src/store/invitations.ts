import type { Database } from './database.ts'
import { getJob, type Job, type JobRow, jobOf, SELECT_JOBS } from './jobs.ts'

/** What an invitation names. */
type Invited = { jobId: number; generation: number }

/**
 * Notes that an invitation goes out, of a new generation, if the job is still as the caller saw it.
 * Returns the job as published, or undefined when it moved on meanwhile.
 */
export function markPublished(db: Database, seen: Job): Job | undefined {
  return db.transaction(() => {
    const changed = db.change(
      `UPDATE jobs SET state = 'published', generation = generation + 1, published_at = ?, invitation = NULL
       WHERE id = ? AND state = ? AND generation = ? AND attempt = ?`,
      db.now(),
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
 * Lets the invitation to a job stand for another one that waits, or that is invited to as well; the first takes its place.
 * Nobody may be at either. Whoever comes with an invitation, now or after a redelivery, comes to the job it stands for.
 * @returns the other job as published, or undefined when one of them moved on meanwhile
 */
export function tradeInvitation(db: Database, { from, to }: { from: Job; to: Job }): Job | undefined {
  return db.transaction(() => {
    const isAsSeen = (seen: Job) => {
      const now = getJob(db, seen.id)
      return now?.state === seen.state && now.generation === seen.generation && now.attempt === seen.attempt
    }
    if (from.state !== 'published' || !(to.state === 'published' || to.state === 'waiting')) return undefined
    if (!isAsSeen(from) || !isAsSeen(to)) return undefined
    const take = (job: Job, state: Job['state'], invitation: string | null) =>
      db.change(
        'UPDATE jobs SET state = ?, generation = generation + 1, published_at = ?, invitation = ? WHERE id = ?',
        state,
        db.now(),
        invitation,
        job.id,
      )
    const [ofFrom, ofTo] = [invitationOf(db, from), to.state === 'published' ? invitationOf(db, to) : null]
    take(from, to.state, ofTo)
    take(to, from.state, ofFrom)
    return getJob(db, to.id)
  })
}

/** The job that an invitation stands for: its own, or the one it was traded for. Undefined when it means nothing any more. */
export function jobOfInvitation(db: Database, { jobId, generation }: Invited): Job | undefined {
  const row = db.one<JobRow>(`${SELECT_JOBS} WHERE jobs.invitation = ?`, `${jobId}/${generation}`)
  if (row) return jobOf(row)
  const own = getJob(db, jobId)
  return own?.generation === generation ? own : undefined
}

/** The invitation that leads to a published job, as `${jobId}/${generation}`. */
function invitationOf(db: Database, { id, generation }: Job): string {
  const row = db.one<{ invitation: string | null }>('SELECT invitation FROM jobs WHERE id = ?', id)
  return row?.invitation ?? `${id}/${generation}`
}

/** Takes back all invitations: the broker that held them is gone, and the workers with it. */
export function recallJobs(db: Database): number {
  return db.change(`UPDATE jobs SET state = 'waiting', invitation = NULL WHERE state IN ('published', 'claimed')`)
}
