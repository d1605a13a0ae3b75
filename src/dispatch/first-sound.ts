import { inputOf, SOON_DECODED_SAMPLES } from '../song/segment.ts'
import type { Job } from '../store/queries/jobs.ts'
import type { Playhead } from './playheads.ts'
import { jobAt, type Snapshot } from './snapshot.ts'

/*
 * A job is awaited while somebody hears nothing until it is done: the first one of a song, and those of a block under a
 * playhead. It is done sooner where it has all cores of its machine, so other work on that machine waits for it
 * (`throttle.ts`, `preempt.ts`).
 */

/** A machine, as seen by a worker or a decoder that wants to begin there. */
export type SharedMachine = {
  /** Whether this worker runs on it and is not the one that asks. */
  hasWorker(worker: string): boolean
  hasServer: boolean
}

export function isFirstSound(snapshot: Snapshot, job: Job): boolean {
  const isFirst = job.segment === 0 && job.blockSha256 === null
  return isFirst || snapshot.playheads.some((playhead) => isForPlayhead(snapshot, job, playhead))
}

/**
 * Whether a machine is at awaited work: a worker at its first attempt, or the server before or after it. A second attempt
 * may be as slow as the first one, so nothing waits for it.
 */
export function isBusyWithFirstSound(snapshot: Snapshot, machine: SharedMachine): boolean {
  if (machine.hasServer && snapshot.playheads.some((playhead) => isServerNext(snapshot, playhead))) return true
  return snapshot.claimed.some((job) => {
    const isThere = job.worker !== null && machine.hasWorker(job.worker)
    return isThere && job.attempt === 1 && isFirstSound(snapshot, job)
  })
}

/** Whether the song's own decoding is about to reach a playhead. */
export function isSoonDecoded(snapshot: Snapshot, playhead: Playhead): boolean {
  const song = snapshot.songs.get(playhead.songId)
  if (!song || song.isDecoded || song.isArriving || jobAt(snapshot, playhead)) return false
  return inputOf(song.grid, playhead.segment).startSample - song.samples < SOON_DECODED_SAMPLES
}

/** A block is made of its own segment and the tail of the one before it. */
function isForPlayhead(snapshot: Snapshot, job: Job, playhead: Playhead): boolean {
  const { songId, segment } = playhead
  if (job.songId !== songId || (job.segment !== segment && job.segment !== segment - 1)) return false
  return jobAt(snapshot, playhead)?.blockSha256 === null
}

/** Whether the server decodes the block under a playhead, or has all results for it and has not put them together yet. */
function isServerNext(snapshot: Snapshot, playhead: Playhead): boolean {
  const { songId, segment, isDecoding = false } = playhead
  const own = jobAt(snapshot, playhead)
  if (!own) return isDecoding && snapshot.songs.get(songId)?.isDecoded === false
  if (own.state !== 'done' || own.blockSha256 !== null) return false
  return segment === 0 || jobAt(snapshot, { songId, segment: segment - 1 })?.state === 'done'
}
