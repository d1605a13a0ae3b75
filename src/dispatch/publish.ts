import type { SeparationJob } from '../store/queries/jobs.ts'
import type { NextSong } from '../store/queries/scheduling.ts'
import { waitingInPrefetchWindows } from './prefetch.ts'
import type { ModelSlots, Snapshot } from './snapshot.ts'

/**
 * One running and one waiting job. With fewer a worker would be idle between two jobs. With more a listener who jumps would
 * wait longer, and a song of ten hours would fill the broker.
 */
const JOBS_PER_WORKER = 2

/** The number of further invitations for a model, by the number of workers that take its jobs. */
export function countOpenSlots({ workers, outstanding }: { workers: number; outstanding: number }): number {
  return Math.max(0, JOBS_PER_WORKER * workers - outstanding)
}

/**
 * The separations to invite workers to now: first those in prefetch windows, then one of each song in turn. The snapshot holds only
 * some jobs of each song. If they do not suffice to take turns, the next decision continues.
 */
export function jobsToPublish(snapshot: Snapshot): SeparationJob[] {
  return (snapshot.openSlots?.models ?? []).flatMap((model) => jobsOfModel(snapshot, model))
}

function jobsOfModel(snapshot: Snapshot, { modelId, slots, nextSongs }: ModelSlots): SeparationJob[] {
  if (slots === 0) return []
  const jobs = waitingInPrefetchWindows(snapshot, modelId).slice(0, slots)
  const taken = new Set(jobs.map(({ id }) => id))
  let queue = [...nextSongs]
  const moveToEnd = (songId: number) => {
    const isServed = (turn: NextSong) => turn.songId === songId
    queue = [...queue.filter((turn) => !isServed(turn)), ...queue.filter(isServed)]
  }
  for (const { songId } of jobs) moveToEnd(songId)
  while (jobs.length < slots) {
    const job = nextInTurn(queue, taken)
    if (!job) break
    jobs.push(job)
    taken.add(job.id)
    moveToEnd(job.songId)
  }
  return jobs
}

/** The next job in turn. Undefined if no job waits, or if the next song may have waiting jobs that the snapshot lacks. */
function nextInTurn(queue: readonly NextSong[], taken: ReadonlySet<number>): SeparationJob | undefined {
  for (const { waiting, hasMore } of queue) {
    const job = waiting.find(({ id }) => !taken.has(id))
    if (job || hasMore) return job
  }
  return undefined
}
