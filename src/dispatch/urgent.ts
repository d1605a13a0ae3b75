import { urgentSegments } from '../song/urgent-segments.ts'
import type { Database } from '../store/database.ts'
import { firstWaitingJob, type Job } from '../store/jobs.ts'
import type { Playhead } from './playheads.ts'

export function isHeardSoon({ songId, segment }: Job, playhead: Playhead): boolean {
  const { first, last } = urgentSegments(playhead)
  return songId === playhead.songId && segment >= first && segment <= last
}

/**
 * What somebody will hear next of what waits in the ledger.
 * @param playheads where people listen, the most urgent first
 * @param than only what is more urgent than this job, also where an invitation to it is out already. Whoever has not begun
 * yet to listen to its song will begin at the beginning
 */
export function urgentJob(
  db: Database,
  { playheads, modelId, than }: { playheads: readonly Playhead[]; modelId: string; than?: Job },
): Job | undefined {
  const heard = than ? [...playheads, { songId: than.songId, segment: 0 }] : playheads
  for (const playhead of heard) {
    const { first, last } = urgentSegments(playhead)
    const isHeardHere = than !== undefined && isHeardSoon(than, playhead)
    const end = isHeardHere ? than.segment - 1 : last
    const includesPublished = than !== undefined
    const job = firstWaitingJob(db, { songId: playhead.songId, modelId, first, last: end, includesPublished })
    if (job || isHeardHere) return job
  }
  return undefined
}
