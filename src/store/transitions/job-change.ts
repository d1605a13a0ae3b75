import type { Database } from '../ledger/database.ts'
import type { LedgerChange } from '../ledger/ledger-changes.ts'
import { getJob, type Job } from '../queries/jobs.ts'

/** What a change of a job is for those who act on the ledger. */
export function jobChange(job: Job): LedgerChange {
  const { songId } = job
  return job.kind === 'separate'
    ? { kind: 'job-changed', songId, segment: job.segment }
    : { kind: 'lyrics-work-changed', songId }
}

export function recordJobChange(db: Database, jobId: number): void {
  const job = getJob(db, jobId)
  if (job) db.record(jobChange(job))
}
