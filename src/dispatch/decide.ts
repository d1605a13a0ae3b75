import type { Job } from '../store/queries/jobs.ts'
import { jobsToInviteAgain } from './invite-again.ts'
import { isSeparationUrgent, lyricsJobsToPreempt, lyricsJobsToPublish } from './lyrics-turn.ts'
import { jobsToPreempt } from './preempt.ts'
import { jobToSwapFor } from './prefetch.ts'
import { jobsToPublish } from './publish.ts'
import type { ClaimRequest, DecoderRequest, Snapshot } from './snapshot.ts'
import { reconsiderAtMs, type Wait, waitOfClaim, waitOfDecoder } from './yield-to-first-sound.ts'

export type Decision =
  /** Invite workers to a job. @property isAgain whether an earlier invitation counts as lost */
  | { kind: 'publish'; job: Job; isAgain: boolean }
  /** Answer a claim, or let a decoder continue. @property swapFor the job that the worker gets instead of the one it was invited to */
  | { kind: 'assign'; request: ClaimRequest | DecoderRequest; swapFor: Job | null }
  /** Take the invitation of a claim back. Its worker is to do a separation first, and the job waits for its turn again. */
  | { kind: 'withdraw'; request: ClaimRequest; job: Job }
  /** Let a request wait. @property untilMs the latest time for the next decision about it */
  | { kind: 'delay'; request: ClaimRequest | DecoderRequest; wait: Wait; untilMs: number }
  /** Ask the workers of these jobs to stop, unless they have been asked before. */
  | { kind: 'preempt'; jobs: readonly Job[] }

/**
 * Decides what happens next, from a snapshot alone. The rules, in the order in which they apply:
 *
 * 1. Claims and decoders wait while their machine works on a first sound (`yield-to-first-sound.ts`).
 * 2. An answered claim gets the first open job in a prefetch window, whatever its invitation was for (`prefetch.ts`).
 * 3. Each worker has two invitations: first for jobs in prefetch windows, then songs take turns (`publish.ts`).
 * 4. Workers stop jobs outside of all prefetch windows for a listener who has moved (`preempt.ts`).
 * 5. Lost invitations are sent again (`invite-again.ts`).
 * 6. Jobs for lyrics stand behind all of this, and take turns with other separations (`lyrics-turn.ts`).
 *
 * An answered claim changes the ledger for every later rule, so it ends the decision and the caller decides again. The caller
 * also decides again after it has published jobs, because the snapshot holds only some of the waiting ones.
 * @param nowMs the time, by the clock of the snapshot
 */
export function decide(snapshot: Snapshot, nowMs: number): Decision[] {
  const decisions: Decision[] = []
  for (const request of [...snapshot.decoders, ...snapshot.claims]) {
    const wait =
      request.kind === 'claim' ? waitOfClaim(snapshot, request, nowMs) : waitOfDecoder(snapshot, request, nowMs)
    if (wait) {
      decisions.push({ kind: 'delay', request, wait, untilMs: reconsiderAtMs(snapshot, wait, nowMs) })
      continue
    }
    const invited = request.kind === 'claim' ? request.job : undefined
    if (request.kind === 'claim' && isToWithdraw(snapshot, request.job)) {
      decisions.push({ kind: 'withdraw', request, job: request.job })
      return decisions
    }
    const swapFor = (invited && jobToSwapFor(snapshot, invited)) ?? null
    decisions.push({ kind: 'assign', request, swapFor })
    if (request.kind === 'claim') return decisions
  }
  for (const job of jobsToPublish(snapshot)) decisions.push({ kind: 'publish', job, isAgain: false })
  for (const job of lyricsJobsToPublish(snapshot)) decisions.push({ kind: 'publish', job, isAgain: false })
  const forListener = jobsToPreempt(snapshot)
  const preempted = forListener.length > 0 ? forListener : lyricsJobsToPreempt(snapshot)
  if (preempted.length > 0) decisions.push({ kind: 'preempt', jobs: preempted })
  for (const job of jobsToInviteAgain(snapshot)) decisions.push({ kind: 'publish', job, isAgain: true })
  return decisions
}

/** Whether a job for lyrics would go before a separation that is more urgent. A job that has begun is not taken back. */
function isToWithdraw(snapshot: Snapshot, job: Job | undefined): job is Job {
  return job?.kind === 'lyrics' && job.state === 'published' && isSeparationUrgent(snapshot, job.modelId)
}
