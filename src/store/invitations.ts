import type { Database } from './database.ts'
import { getJob, type Job, type JobRow, jobOf, SELECT_JOBS } from './jobs.ts'

/** What an invitation names. */
type Invited = { jobId: number; generation: number }

/** The job that an invitation stands for: its own, or the one it was swapped for. Undefined when it means nothing any more. */
export function jobOfInvitation(db: Database, { jobId, generation }: Invited): Job | undefined {
  const row = db.one<JobRow>(`${SELECT_JOBS} WHERE jobs.invitation = ?`, `${jobId}/${generation}`)
  if (row) return jobOf(row)
  const own = getJob(db, jobId)
  return own?.generation === generation ? own : undefined
}

/** The invitation that leads to a published job, as `${jobId}/${generation}`. */
export function invitationOf(db: Database, { id, generation }: Job): string {
  const row = db.one<{ invitation: string | null }>('SELECT invitation FROM jobs WHERE id = ?', id)
  return row?.invitation ?? `${id}/${generation}`
}
