import { prefetchWindow } from '../song/prefetch-window.ts'
import type { Job } from '../store/queries/jobs.ts'
import type { Playhead } from './playheads.ts'
import { jobAt, type Snapshot } from './snapshot.ts'

export function isInPrefetchWindow({ songId, segment }: Job, playhead: Playhead): boolean {
  const { first, last } = prefetchWindow(playhead.segment)
  return songId === playhead.songId && segment >= first && segment <= last
}

/** The waiting jobs of a model that somebody hears next, the most urgent first. */
export function waitingInPrefetchWindows(snapshot: Snapshot, modelId: string): Job[] {
  const found = new Set<Job>()
  for (const playhead of snapshot.playheads) {
    const { first, last } = prefetchWindow(playhead.segment)
    for (let segment = first; segment <= last; segment++) {
      const job = jobAt(snapshot, { songId: playhead.songId, segment })
      if (job?.state === 'waiting' && job.modelId === modelId) found.add(job)
    }
  }
  return [...found]
}

/**
 * What an invited worker gets instead of the job of its invitation: the first open job that is heard sooner, also where an
 * invitation to that one is out. Where nobody listens to a song yet, its beginning is heard first.
 * @returns undefined where nothing is heard sooner, or where a worker is at the job already
 */
export function jobToSwapFor(snapshot: Snapshot, invited: Job): Job | undefined {
  if (invited.state !== 'published') return undefined
  for (const playhead of [...snapshot.playheads, { songId: invited.songId, segment: 0 }]) {
    const { first, last } = prefetchWindow(playhead.segment)
    const isHeardHere = isInPrefetchWindow(invited, playhead)
    const end = isHeardHere ? invited.segment - 1 : last
    for (let segment = first; segment <= end; segment++) {
      const job = jobAt(snapshot, { songId: playhead.songId, segment })
      const isOpen = job?.state === 'waiting' || job?.state === 'published'
      if (job && isOpen && job.modelId === invited.modelId) return job
    }
    if (isHeardHere) return undefined
  }
  return undefined
}
