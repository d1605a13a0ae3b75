import type { Job } from '../store/queries/jobs.ts'
import type { NextSong } from '../store/queries/scheduling.ts'
import { waitingInPrefetchWindows } from './prefetch.ts'
import type { ModelSlots, Snapshot } from './snapshot.ts'

/**
 * One running and one waiting job: a worker never runs dry, a listener who jumps is served at once, and a song of ten
 * hours does not fill the broker.
 */
const JOBS_OF_A_WORKER = 2

/** How many more invitations may go out for a model that so many workers take jobs of. */
export function countOpenSlots({ workers, outstanding }: { workers: number; outstanding: number }): number {
  return Math.max(0, JOBS_OF_A_WORKER * workers - outstanding)
}

/**
 * The jobs that workers are invited to now: first what somebody hears next, then songs take turns. The snapshot shows only
 * some jobs of each song. Where these do not tell whose turn it is, the next decision goes on.
 */
export function jobsToPublish(snapshot: Snapshot): Job[] {
  return (snapshot.openSlots?.models ?? []).flatMap((model) => jobsOfModel(snapshot, model))
}

function jobsOfModel(snapshot: Snapshot, { modelId, slots, nextSongs }: ModelSlots): Job[] {
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

/** Undefined where no job waits, or where the song whose turn it is may have more than is shown. */
function nextInTurn(queue: readonly NextSong[], taken: ReadonlySet<number>): Job | undefined {
  for (const { waiting, hasMore } of queue) {
    const job = waiting.find(({ id }) => !taken.has(id))
    if (job || hasMore) return job
  }
  return undefined
}
