import type { Job } from '../store/jobs.ts'

export const QUEUE_IDLE_MS = 10_000
export const RECONNECT_GRACE_MS = 5_000

/** What the watch sees at one moment; times are milliseconds of one clock. */
export type Sight = {
  now: number
  published: readonly Job[]
  claimed: readonly Job[]
  /** When any invitation was claimed last. */
  lastClaimAt: number
  /** When the connection to the broker was made anew, null if it never broke. */
  reconnectedAt: number | null
  /** Workers that are waiting for an invitation of this job's model. */
  idleWorkersFor(job: Job): number
  isWorkerKnown(worker: string): boolean
}

/**
 * Which jobs have to be offered again. A message can be lost: with a broker's disk, between two reconnects, by a purge.
 * A job is offered again when it was published and nobody claimed it for ten seconds though somebody was idle, when it
 * was on the way as the connection broke, or when its worker fell silent and no redelivery was claimed.
 * Too early is harmless: the older invitation is answered "gone".
 */
export function jobsToOfferAgain(sight: Sight): Job[] {
  const { now, published, claimed, lastClaimAt, reconnectedAt } = sight
  const lost = published.filter((job) => {
    const sentAt = job.publishedAt ?? 0
    if (reconnectedAt !== null && sentAt <= reconnectedAt && now - reconnectedAt >= RECONNECT_GRACE_MS) return true
    return sight.idleWorkersFor(job) > 0 && now - Math.max(sentAt, lastClaimAt) >= QUEUE_IDLE_MS
  })
  const orphaned = claimed.filter(({ worker }) => worker !== null && !sight.isWorkerKnown(worker))
  return [...lost, ...orphaned]
}
