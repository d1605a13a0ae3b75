import type { Job } from '../store/queries/jobs.ts'
import type { Snapshot } from './snapshot.ts'

/** An invitation counts as lost after this time without a claim while a worker is idle. */
export const QUEUE_IDLE_MS = 10_000
/** After a reconnect the broker has this time to deliver the invitations sent before. */
export const RECONNECT_GRACE_MS = 5_000

/**
 * The jobs whose invitation must be sent again. An invitation can be lost with a broker's disk, between two connections or by a
 * purge of a queue. It counts as lost in three cases:
 *
 * - No worker has claimed it although one was idle.
 * - It was sent before the connection to the broker broke.
 * - The worker that claimed it is silent, and no other worker has claimed the job since.
 *
 * Sending it too early does no harm: claims by the older invitation are answered "gone".
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
