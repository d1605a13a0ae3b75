import type { Job } from '../store/queries/jobs.ts'
import type { Snapshot } from './snapshot.ts'

/** An invitation that nobody claims for so long though somebody is idle is taken for lost. */
export const QUEUE_IDLE_MS = 10_000
/** Invitations that were out when the broker was lost have so long to come back from it. */
export const RECONNECT_GRACE_MS = 5_000

/**
 * The jobs to send an invitation for again. A message can be lost: with a broker's disk, between two connections, by a
 * purge. A job is offered again when nobody claimed it though somebody was idle, when it was on its way as the connection
 * broke, or when its worker fell silent and the broker gave the invitation to nobody else. Too early does no harm: the
 * older invitation is answered "gone".
 */
export function jobsToInviteAgain({ lossEvidence, workers, claimed }: Snapshot): Job[] {
  if (!lossEvidence) return []
  const { published, lastClaimAgeMs, reconnectAgeMs, knownWorkers } = lossEvidence
  const idleModels = new Set(workers.flatMap(({ state, models }) => (state === 'idle' ? models : [])))
  const lost = published.filter(({ job, ageMs }) => {
    if (reconnectAgeMs !== null && ageMs >= reconnectAgeMs && reconnectAgeMs >= RECONNECT_GRACE_MS) return true
    return idleModels.has(job.modelId) && Math.min(ageMs, lastClaimAgeMs) >= QUEUE_IDLE_MS
  })
  const orphaned = claimed.filter(({ worker }) => worker !== null && knownWorkers?.has(worker) === false)
  return [...lost.map(({ job }) => job), ...orphaned]
}
