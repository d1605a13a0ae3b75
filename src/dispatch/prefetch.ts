import { prefetchWindow } from '../song/prefetch-window.ts'
import type { Job, SeparationJob } from '../store/queries/jobs.ts'
import type { Playhead } from './playheads.ts'
import { jobAt, type Snapshot } from './snapshot.ts'

/** Whether a listener needs a job soon. Nobody hears a job for lyrics. */
export function isInPrefetchWindow(job: Job, playhead: Playhead): boolean {
  if (job.kind !== 'separate') return false
  const { first, last } = prefetchWindow(playhead.segment)
  return job.songId === playhead.songId && job.segment >= first && job.segment <= last
}

/** The waiting jobs of a model in the prefetch windows: the window of the listener who moved last first, each in playing order. */
export function waitingInPrefetchWindows(snapshot: Snapshot, modelId: string): SeparationJob[] {
  const found = new Set<SeparationJob>()
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
 * The job that a worker gets instead of the one it was invited to: the first open job that a listener needs sooner. Other
 * workers may be invited to that job too. A song without a listener counts as played from its beginning.
 * @returns undefined if no open job is needed sooner, or if a worker has already begun the job of the invitation
 */
export function jobToSwapFor(snapshot: Snapshot, invited: Job): SeparationJob | undefined {
  if (invited.kind !== 'separate' || invited.state !== 'published') return undefined
  for (const playhead of [...snapshot.playheads, { songId: invited.songId, segment: 0 }]) {
    const { first, last } = prefetchWindow(playhead.segment)
    const isInWindow = isInPrefetchWindow(invited, playhead)
    const end = isInWindow ? invited.segment - 1 : last
    for (let segment = first; segment <= end; segment++) {
      const job = jobAt(snapshot, { songId: playhead.songId, segment })
      const isOpen = job?.state === 'waiting' || job?.state === 'published'
      if (job && isOpen && job.modelId === invited.modelId) return job
    }
    if (isInWindow) return undefined
  }
  return undefined
}
