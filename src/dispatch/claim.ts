import type { Assignment, Claim } from '../song/messages.ts'
import type { Database } from '../store/ledger/database.ts'
import { type Attempt, attemptsOf } from '../store/queries/attempts.ts'
import { jobOfInvitation } from '../store/queries/invitations.ts'
import { getJob, type Job } from '../store/queries/jobs.ts'
import { getSong } from '../store/queries/songs.ts'
import { claimJob, swapInvitation } from '../store/transitions/jobs.ts'
import { assignmentOf } from './assignment.ts'
import { reasonToGiveUp } from './attempt-limits.ts'

export type ClaimDecision =
  | { kind: 'assigned'; assignment: Assignment; attempt: Attempt; isRepeated: boolean }
  | { kind: 'gone'; reason: string }
  | { kind: 'exhausted'; job: Job; reason: string }
  | { kind: 'forbidden' }

export type ClaimOptions = {
  /** The job that the worker was invited to. */
  jobId: number
  claim: Claim
  maxAttempts: number
  /** The job that the worker gets instead, because a listener needs it sooner. */
  swapFor: Job | null
}

/**
 * Answers the claim of a worker that holds an invitation. The ledger alone decides whether the job is still open, so messages
 * may come late, twice or never.
 */
export function answerClaim(db: Database, { jobId, claim, maxAttempts, swapFor }: ClaimOptions): ClaimDecision {
  const invited = getJob(db, jobId)
  if (!invited) return { kind: 'gone', reason: 'deleted' }
  if (claim.token !== invited.token) return { kind: 'forbidden' }
  const current = jobOfInvitation(db, { jobId, generation: claim.generation })
  const swapped = current && swapFor ? swapInvitation(db, { from: current, to: swapFor }) : undefined
  const job = swapped ?? current ?? invited
  return begin(db, { job, claim, maxAttempts, isCurrent: current !== undefined })
}

function begin(
  db: Database,
  { job, claim, maxAttempts, isCurrent }: { job: Job; claim: Claim; maxAttempts: number; isCurrent: boolean },
): ClaimDecision {
  const song = getSong(db, job.songId)
  if (!song) return { kind: 'gone', reason: 'deleted' }
  const { id: jobId } = job
  const assigned = (attempt: Attempt, isRepeated: boolean): ClaimDecision => {
    return { kind: 'assigned', assignment: assignmentOf(db, { job, attempt, song }), attempt, isRepeated }
  }
  const attempts = attemptsOf(db, jobId)
  const sameDelivery = attempts.find(({ worker, delivery }) => worker === claim.worker && delivery === claim.delivery)
  if (job.state === 'done' || job.state === 'cancelled') return { kind: 'gone', reason: job.state }
  if (sameDelivery?.state === 'running') return assigned(sameDelivery, true)
  if (!isCurrent) return { kind: 'gone', reason: 'an older generation' }

  const exhausted = reasonToGiveUp(attempts, maxAttempts)
  if (exhausted) return { kind: 'exhausted', job, reason: exhausted }
  return assigned(claimJob(db, { jobId, worker: claim.worker, delivery: claim.delivery }), false)
}
