import { transientFaultOf } from '../platform/transient-fault.ts'
import { blockOf } from '../song/segment.ts'
import type { Database } from '../store/ledger/database.ts'
import { expectedSamples, type Song } from '../store/queries/songs.ts'
import type { JobTotals } from '../store/queries/totals.ts'
import { raiseProgress } from '../store/transitions/songs.ts'

/**
 * A song's progress in percent, as people are told it. It is 100 exactly when the mix that was asked for can be fetched. It
 * never falls below what the ledger holds, except from 100 to 99, when other tracks are asked for.
 */
export function progressOf(song: Song, { jobs, isMixReady }: { jobs: JobTotals; isMixReady: boolean }): number {
  if (song.state === 'separated' && isMixReady) return 100
  const separated = Math.floor((99 * separatedSamples(song, jobs)) / Math.max(1, expectedSamples(song)))
  return Math.min(99, Math.max(song.progress, separated))
}

/**
 * Raises the progress stored in the ledger, so that no later answer is lower. Must be called after each change of a song. Does
 * nothing while the ledger cannot be written, because the next change raises it too.
 */
export function tryRaiseProgress(db: Database, { id: songId, progress: stored }: Song, progress: number): void {
  if (progress <= stored) return
  try {
    raiseProgress(db, { songId, progress })
  } catch (error) {
    if (!transientFaultOf(error)) throw error
  }
}

/** Every final block is a whole stride, except for the song's last one. */
function separatedSamples({ plan, soundEndSample }: Song, { final, lastFinal }: JobTotals): number {
  if (final === 0) return 0
  return (final - 1) * plan.grid.strideSamples + blockOf(plan.grid, lastFinal, soundEndSample).samples
}
