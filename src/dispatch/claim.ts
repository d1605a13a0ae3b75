import { BYTES_PER_SAMPLE, CHANNELS } from '../audio/pcm.ts'
import { isOutOfMemory } from '../song/errors.ts'
import type { Assignment, Claim } from '../song/messages.ts'
import { type Attempt, attemptsOf } from '../store/attempts.ts'
import type { Database } from '../store/database.ts'
import { jobOfInvitation } from '../store/invitations.ts'
import { getJob, type Job } from '../store/jobs.ts'
import { getSong } from '../store/songs.ts'
import { claimJob, swapInvitation } from '../store/transitions/jobs.ts'
import type { Playhead } from './playheads.ts'
import { urgentJob } from './urgent.ts'

/** After so many workers died over one job, the job is taken for what kills them. */
export const MAX_DEATHS = 5

/** After so many attempts that found no memory the job is taken for one that no worker has the memory for. */
const MAX_WITHOUT_MEMORY = 10

export type ClaimAnswer =
  | { kind: 'assigned'; assignment: Assignment; attempt: Attempt; isRepeated: boolean }
  | { kind: 'gone'; reason: string }
  | { kind: 'exhausted'; job: Job; reason: string }
  | { kind: 'forbidden' }

export type ClaimOptions = {
  /** The job of the invitation. */
  jobId: number
  claim: Claim
  maxAttempts: number
  /** Where people listen, the most urgent first. */
  playheads: readonly Playhead[]
}

/**
 * A worker holds an invitation and asks for the work. An invitation is only that: whether there is still something to do
 * is decided here, against the ledger, so that any message may come late, twice or never. So is what there is to do:
 * where somebody has begun to listen elsewhere meanwhile, the invitation is traded for the job that is heard next.
 */
export function answerClaim(db: Database, { jobId, claim, maxAttempts, playheads }: ClaimOptions): ClaimAnswer {
  const invited = getJob(db, jobId)
  if (!invited) return { kind: 'gone', reason: 'deleted' }
  if (claim.token !== invited.token) return { kind: 'forbidden' }
  const meant = jobOfInvitation(db, { jobId, generation: claim.generation })
  const urgent =
    meant?.state === 'published' ? urgentJob(db, { playheads, modelId: meant.modelId, than: meant }) : undefined
  const job = (urgent && meant && swapInvitation(db, { from: meant, to: urgent })) ?? meant ?? invited
  return begin(db, { job, claim, maxAttempts, isCurrent: meant !== undefined })
}

function begin(
  db: Database,
  { job, claim, maxAttempts, isCurrent }: { job: Job; claim: Claim; maxAttempts: number; isCurrent: boolean },
): ClaimAnswer {
  const song = getSong(db, job.songId)
  if (!song) return { kind: 'gone', reason: 'deleted' }
  const { id: jobId, songId, segment } = job
  const { plan, level } = song
  const attempts = attemptsOf(db, jobId)
  const sameDelivery = attempts.find(({ worker, delivery }) => worker === claim.worker && delivery === claim.delivery)
  if (job.state === 'done' || job.state === 'cancelled') return { kind: 'gone', reason: job.state }
  if (sameDelivery?.state === 'running') return assigned(sameDelivery, true)
  if (!isCurrent) return { kind: 'gone', reason: 'an older generation' }

  const exhausted = reasonToGiveUp(attempts, maxAttempts)
  if (exhausted) return { kind: 'exhausted', job, reason: exhausted }
  return assigned(claimJob(db, { jobId, worker: claim.worker, delivery: claim.delivery }), false)

  function assigned(attempt: Attempt, isRepeated: boolean): ClaimAnswer {
    const assignment: Assignment = {
      jobId,
      songId,
      attempt: attempt.number,
      attemptToken: attempt.token,
      segment,
      modelId: plan.modelId,
      inputBytes: plan.grid.inputSamples * CHANNELS * BYTES_PER_SAMPLE,
      level: plan.needsWholeSong ? level : null,
    }
    return { kind: 'assigned', assignment, attempt, isRepeated }
  }
}

/** Why a job must not be tried again, or null. A running attempt counts as a death: its worker did not come back. */
export function reasonToGiveUp(attempts: readonly Attempt[], maxAttempts: number): string | null {
  const failures = attempts.filter(({ state }) => state === 'failed')
  const deaths = attempts.filter(({ state }) => state === 'lost' || state === 'running')
  if (failures.length >= maxAttempts) {
    return `${failures.length} attempts failed, the last one with: ${failures.at(-1)?.reason ?? 'no reason'}`
  }
  const withoutMemory = attempts.filter(({ state, reason }) => state === 'returned' && isOutOfMemory(reason ?? ''))
  if (withoutMemory.length >= MAX_WITHOUT_MEMORY)
    return `${withoutMemory.length} attempts found no memory, the last one with: ${withoutMemory.at(-1)?.reason}`
  if (deaths.length >= MAX_DEATHS) return `${deaths.length} workers died over it`
  return null
}
