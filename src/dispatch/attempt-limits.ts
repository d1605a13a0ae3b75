import { isOutOfMemory } from '../platform/out-of-memory.ts'
import type { Attempt } from '../store/queries/attempts.ts'

/** After this many deaths the job itself must be what kills its workers. */
export const MAX_DEATHS = 5

/** After this many attempts without enough memory, no worker has enough for the job. */
const MAX_WITHOUT_MEMORY = 10

/**
 * Says why a job must not be tried again, or returns null. A running attempt counts as a death: the worker of a new attempt
 * asks only because the earlier one has not come back.
 */
export function reasonToGiveUp(attempts: readonly Attempt[], maxAttempts: number): string | null {
  const failures = attempts.filter(({ state }) => state === 'failed')
  const deaths = attempts.filter(({ state }) => state === 'lost' || state === 'running')
  const withoutMemory = attempts.filter(({ state, reason }) => state === 'returned' && isOutOfMemory(reason ?? ''))
  if (failures.length >= maxAttempts)
    return `${failures.length} attempts failed, the last one with: ${failures.at(-1)?.reason ?? 'no reason'}`
  if (withoutMemory.length >= MAX_WITHOUT_MEMORY)
    return `${withoutMemory.length} attempts found no memory, the last one with: ${withoutMemory.at(-1)?.reason}`
  if (deaths.length >= MAX_DEATHS) return `${deaths.length} workers died over it`
  return null
}
