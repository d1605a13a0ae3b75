import { randomUUID } from 'node:crypto'
import { SAMPLE_RATE } from '../audio/pcm.ts'
import { isOutOfMemory, messageOf } from '../song/errors.ts'
import { type Assignment, CONTRACT, type Invitation, type JobDone } from '../song/messages.ts'
import type { Separator } from './separator.ts'
import { CouldNotTry, type ServerApi } from './server-api.ts'

class NoModel extends CouldNotTry {}

/** How one invitation ended. jobId: the job that it led to, which may be another one than it named. gone: somebody else did it, or nobody wants it any more. */
export type Outcome =
  /** soundSeconds: how much of the song it was. */
  | { kind: 'done'; news: JobDone; soundSeconds: number }
  | { kind: 'gone'; reason: string }
  | { kind: 'failed'; jobId: number; reason: string }
  | { kind: 'yielded'; jobId: number }
  /** isModel: this worker has no use of the model, whatever the job. */
  | { kind: 'returned'; jobId: number; reason: string; isModel: boolean }

/** What happens on the way, for the log and for tests that let a worker die at each step. */
export type Step = 'claimed' | 'fetched' | 'separated' | 'sent'

/**
 * Follows one invitation to its end: claim, with the sound, separate, send. Never throws: whatever happens is an outcome.
 * The result's arrival at the server is the commit point; the caller acknowledges the invitation after it, last.
 * @param isCancelled asked between the steps; a running network is never interrupted, its result is dropped
 */
export async function followInvitation({
  invitation,
  worker,
  api,
  separatorOf,
  isCancelled,
  isYielding,
  onStep,
}: {
  invitation: Invitation
  worker: string
  api: ServerApi
  /** Loads the assignment's model, fetching it first where it is not here. */
  separatorOf(assignment: Assignment, api: ServerApi): Promise<Separator>
  isCancelled(): boolean
  /** Aborted when the job is to be let go for something that is heard sooner. */
  isYielding: AbortSignal
  onStep(step: Step, assignment: Assignment): void
}): Promise<Outcome> {
  let assignment: Assignment | undefined
  try {
    const { jobId, generation, token } = invitation
    const claimed = await api.claim(jobId, { v: CONTRACT, generation, token, worker, delivery: randomUUID() })
    if (typeof claimed === 'string') return { kind: 'gone', reason: claimed }
    const given = claimed.assignment
    assignment = given
    const startedAt = claimed.at // the server may have let us wait for it
    onStep('claimed', given)

    const separator = await separatorOf(given, api).catch((cause: unknown) => {
      throw new NoModel(`model ${given.modelId} cannot be used: ${messageOf(cause)}`, { cause })
    })
    const input = claimed.input ?? (await api.fetchInput(given))
    if (input === 'gone' || isCancelled()) return { kind: 'gone', reason: 'cancelled' }
    const fetchedAt = performance.now()
    onStep('fetched', given)

    const segment = { input, index: given.segment, level: given.level }
    const partials = await separator.separate(segment, isYielding)
    const separatedAt = performance.now()
    onStep('separated', given)
    if (isCancelled()) return { kind: 'gone', reason: 'cancelled' }

    const outcome = await api.sendResult({ assignment: given, partials, seconds: secondsSince(startedAt) })
    if (outcome === 'gone') return { kind: 'gone', reason: 'cancelled' }
    onStep('sent', given)
    const news: JobDone = {
      v: CONTRACT,
      jobId: given.jobId,
      attempt: given.attempt,
      worker,
      outcome,
      seconds: secondsSince(startedAt),
      fetchSeconds: (fetchedAt - startedAt) / 1000,
      separateSeconds: (separatedAt - fetchedAt) / 1000,
      sendSeconds: secondsSince(separatedAt),
    }
    return { kind: 'done', news, soundSeconds: separator.grid.strideSamples / SAMPLE_RATE }
  } catch (error) {
    const couldNotTry = error instanceof CouldNotTry || isOutOfMemory(messageOf(error))
    const kind = isYielding.aborted ? 'yielded' : couldNotTry ? 'returned' : 'failed'
    const reason = kind === 'yielded' ? 'something is heard sooner' : messageOf(error)
    if (assignment) await api.reportFailure(assignment, { kind, reason: reason.slice(0, 2_000) }).catch(() => undefined)
    const { jobId } = assignment ?? invitation
    return kind === 'returned' ? { kind, jobId, reason, isModel: error instanceof NoModel } : { kind, jobId, reason }
  }
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000
}
