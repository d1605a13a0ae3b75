import type { Job } from '../store/queries/jobs.ts'
import { jobsToInviteAgain } from './lost-invitations.ts'
import { jobsToPreempt } from './preempt.ts'
import { jobToSwapFor } from './prefetch.ts'
import { jobsToPublish } from './publish.ts'
import type { ClaimRequest, DecoderRequest, Snapshot } from './snapshot.ts'
import { reconsiderAtMs, throttleClaim, throttleDecoder, type Wait } from './throttle.ts'

export type Decision =
  /** An invitation goes out. @property isAgain whether one was out that is taken for lost */
  | { kind: 'publish'; job: Job; isAgain: boolean }
  /** A claim is answered, or a decoder goes on. @property swapFor the job that the worker gets instead of the one it was invited to */
  | { kind: 'assign'; request: ClaimRequest | DecoderRequest; swapFor: Job | null }
  /** A request waits. @property untilMs when it has to be decided again at the latest */
  | { kind: 'delay'; request: ClaimRequest | DecoderRequest; wait: Wait; untilMs: number }
  /** The workers of all these jobs are to stop, if they have not been told yet. */
  | { kind: 'preempt'; jobs: readonly Job[] }

/**
 * Decides what happens next, by a snapshot alone. The rules, the most urgent first:
 *
 * 1. Claims and decoders wait while their machine is at work that somebody waits for (`throttle.ts`).
 * 2. A claim that is answered gets what is heard next, whatever its invitation was for (`heard-next.ts`).
 * 3. Two invitations for each worker are out: first what is heard next, then songs take turns (`publish.ts`).
 * 4. Workers stop what nobody hears soon for what a listener who has moved waits for (`preempt.ts`).
 * 5. Invitations that are taken for lost go out again (`repeat.ts`).
 *
 * An answered claim changes the ledger for all that follows, so it ends the decision and the caller decides again. The
 * caller also decides again after it has published jobs, because the snapshot shows only some of the waiting ones.
 * @param nowMs of the same clock as the snapshot's times
 */
export function decide(snapshot: Snapshot, nowMs: number): Decision[] {
  const decisions: Decision[] = []
  for (const request of [...snapshot.decoders, ...snapshot.claims]) {
    const wait =
      request.kind === 'claim' ? throttleClaim(snapshot, request, nowMs) : throttleDecoder(snapshot, request, nowMs)
    if (wait) {
      decisions.push({ kind: 'delay', request, wait, untilMs: reconsiderAtMs(snapshot, wait, nowMs) })
      continue
    }
    const invited = request.kind === 'claim' ? request.job : undefined
    const swapFor = (invited && jobToSwapFor(snapshot, invited)) ?? null
    decisions.push({ kind: 'assign', request, swapFor })
    if (request.kind === 'claim') return decisions
  }
  for (const job of jobsToPublish(snapshot)) decisions.push({ kind: 'publish', job, isAgain: false })
  const preempted = jobsToPreempt(snapshot)
  if (preempted.length > 0) decisions.push({ kind: 'preempt', jobs: preempted })
  for (const job of jobsToInviteAgain(snapshot)) decisions.push({ kind: 'publish', job, isAgain: true })
  return decisions
}
