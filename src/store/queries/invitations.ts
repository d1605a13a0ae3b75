import type { Database } from '../ledger/database.ts'
import { getJob, type Job, type JobRow, jobOf, SELECT_JOBS } from './jobs.ts'

/** The job and generation that an invitation names. */
type Invited = { jobId: number; generation: number }

/** Returns the job that an invitation offers: its own, or the one it was swapped to. Undefined if the invitation is void. */
export function jobOfInvitation(db: Database, { jobId, generation }: Invited): Job | undefined {
  const row = db.one<JobRow>(`${SELECT_JOBS} WHERE jobs.invitation = ?`, `${jobId}/${generation}`)
  if (row) return jobOf(row)
  const own = getJob(db, jobId)
  return own?.generation === generation ? own : undefined
}

/** The invitation that offers a published job, as `${jobId}/${generation}`. After a swap it names another job. */
export function invitationOf(db: Database, { id, generation }: Job): string {
  const row = db.one<{ invitation: string | null }>('SELECT invitation FROM jobs WHERE id = ?', id)
  return row?.invitation ?? `${id}/${generation}`
}
