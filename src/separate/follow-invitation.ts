import { randomUUID } from 'node:crypto'
import { isOutOfMemory } from '../platform/out-of-memory.ts'
import { messageOf } from '../song/errors.ts'
import { type Assignment, CONTRACT, type Failure, type Invitation, type JobDone } from '../song/messages.ts'
import type { ClaimReceived } from './claim-answer.ts'
import { CouldNotTry } from './could-not-try.ts'
import type { JobWork } from './job-work.ts'
import type { ServerApi } from './server-api.ts'

/** The longest reason in the report of a failure (song/messages.ts). */
const MAX_REASON_CHARACTERS = 2_000

/** The model could not be fetched or loaded. */
class ModelUnavailable extends CouldNotTry {}

/** How one invitation ended. `jobId` is the job that was assigned, which may be another one than the invitation named. */
export type Outcome =
  | { kind: 'done'; jobId: number; news: JobDone; soundSeconds: number }
  /** Another worker has done the job, or the job was cancelled. */
  | { kind: 'gone'; jobId: number; reason: string }
  /** The work itself failed. */
  | { kind: 'failed'; jobId: number; reason: string }
  /** The server asked for the job back in favour of a more urgent one. */
  | { kind: 'preempted'; jobId: number }
  /**
   * The worker could not try the job. `isModelUnavailable`: the model could not be fetched or loaded; after a failed load it
   * is no longer in `usable`.
   */
  | { kind: 'returned'; jobId: number; reason: string; isModelUnavailable: boolean }

/** The steps of a job, for the log and for tests that kill a worker at each of them. */
export type Step = 'claimed' | 'fetched' | 'computed' | 'sent'

type Following = {
  invitation: Invitation
  worker: string
  api: ServerApi
  /** Loads the assignment's model, and first fetches it when it is missing. */
  workOf(assignment: Assignment, api: ServerApi): Promise<JobWork>
  /** Called between the steps. A network that runs is never interrupted, but its result is dropped. */
  isCancelled(): boolean
  /** Aborted when the server wants another job done before this one. */
  preempted: AbortSignal
  onStep(step: Step, assignment: Assignment): void
}

/**
 * Follows one invitation to its end: claims a job, which brings its sound, does it and sends the result. Never throws:
 * every fault becomes an outcome. The job is committed when its result reaches the server. The caller acknowledges the
 * invitation after that.
 */
export async function followInvitation(following: Following): Promise<Outcome> {
  const { invitation, worker, api, onStep } = following
  let assignment: Assignment | undefined
  try {
    const { jobId, generation, token } = invitation
    const answer = await api.claim(jobId, { v: CONTRACT, generation, token, worker, delivery: randomUUID() })
    if (typeof answer === 'string') return { kind: 'gone', jobId, reason: answer }
    assignment = answer.assignment
    onStep('claimed', assignment)
    return await doJob(answer, following)
  } catch (error) {
    return reportFailure(error, assignment, following)
  }
}

/** Does a claimed job. Throws when that fails. */
async function doJob(
  { assignment, input: inputOfClaim, answeredAt: startedAt }: ClaimReceived,
  { worker, api, workOf, isCancelled, preempted, onStep }: Following,
): Promise<Outcome> {
  const { jobId, kind } = assignment
  const work = await workOf(assignment, api).catch((cause: unknown) => {
    throw new ModelUnavailable(`model ${assignment.modelId} cannot be used: ${messageOf(cause)}`, { cause })
  })
  const input = inputOfClaim ?? (await api.fetchInput(assignment))
  if (input === 'gone' || isCancelled()) return { kind: 'gone', jobId, reason: 'cancelled' }
  const fetchedAt = performance.now()
  onStep('fetched', assignment)

  const parts = await work.perform(input, preempted)
  const computedAt = performance.now()
  onStep('computed', assignment)
  if (isCancelled()) return { kind: 'gone', jobId, reason: 'cancelled' }

  const outcome = await api.sendResult({ assignment, parts, seconds: secondsSince(startedAt) })
  if (outcome === 'gone') return { kind: 'gone', jobId, reason: 'cancelled' }
  onStep('sent', assignment)
  const news: JobDone = {
    v: CONTRACT,
    kind,
    jobId,
    attempt: assignment.attempt,
    worker,
    outcome,
    seconds: secondsSince(startedAt),
    fetchSeconds: (fetchedAt - startedAt) / 1000,
    computeSeconds: (computedAt - fetchedAt) / 1000,
    sendSeconds: secondsSince(computedAt),
  }
  return { kind: 'done', jobId, news, soundSeconds: work.soundSeconds }
}

/** Tells the server that a claimed job was not done, and why. */
async function reportFailure(
  error: unknown,
  assignment: Assignment | undefined,
  { invitation, api, preempted }: Following,
): Promise<Outcome> {
  const { jobId } = assignment ?? invitation
  const report = async (failure: Failure) => {
    if (assignment) await api.reportFailure(assignment, failure).catch(() => undefined)
  }
  if (preempted.aborted) {
    await report({ kind: 'yielded', reason: 'another job is more urgent' })
    return { kind: 'preempted', jobId }
  }
  const message = messageOf(error)
  const reason = message.slice(0, MAX_REASON_CHARACTERS)
  if (error instanceof CouldNotTry || isOutOfMemory(message)) {
    await report({ kind: 'returned', reason })
    return { kind: 'returned', jobId, reason: message, isModelUnavailable: error instanceof ModelUnavailable }
  }
  await report({ kind: 'failed', reason })
  return { kind: 'failed', jobId, reason: message }
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000
}
