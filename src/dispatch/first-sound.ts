import { SAMPLE_RATE } from '../song/pcm.ts'
import { inputOf } from '../song/segment.ts'
import type { Job } from '../store/queries/jobs.ts'
import type { Playhead } from './playheads.ts'
import { jobAt, type Snapshot } from './snapshot.ts'

/*
 * A job is awaited while somebody hears nothing until it is done: the first one of a song, and those of a block under a
 * playhead. It is done sooner where it has all cores of its machine, so other work on that machine waits for it
 * (`throttle.ts`, `preempt.ts`).
 */

/**
 * What is closer than this to the end of the decoded part is there soon: the decoder does some 100 s of sound a second
 * where it gives way to workers, so a second decoder would not be faster.
 */
export const SOON_DECODED_SAMPLES = 20 * SAMPLE_RATE

/** A machine, as seen by a worker or a decoder that wants to begin there. */
export type Machine = {
  /** Whether this worker runs on it and is not the one that asks. */
  hasWorker(worker: string): boolean
  hasServer: boolean
}

export function isAwaited(snapshot: Snapshot, job: Job): boolean {
  const isFirst = job.segment === 0 && job.blockSha256 === null
  return isFirst || snapshot.playheads.some((playhead) => isForPlayhead(snapshot, job, playhead))
}

/**
 * Whether a machine is at awaited work: a worker at its first attempt, or the server before or after it. A second attempt
 * may be as slow as the first one, so nothing waits for it.
 */
export function isAtAwaitedWork(snapshot: Snapshot, machine: Machine): boolean {
  if (machine.hasServer && snapshot.playheads.some((playhead) => isWithServer(snapshot, playhead))) return true
  return snapshot.claimed.some((job) => {
    const isThere = job.worker !== null && machine.hasWorker(job.worker)
    return isThere && job.attempt === 1 && isAwaited(snapshot, job)
  })
}

/** Whether the song's own decoding is about to reach a playhead. */
export function isSoonDecoded(snapshot: Snapshot, playhead: Playhead): boolean {
  const song = snapshot.songs.get(playhead.songId)
  if (!song || song.isDecoded || song.isUploading || jobAt(snapshot, playhead)) return false
  return inputOf(song.grid, playhead.segment).startSample - song.samples < SOON_DECODED_SAMPLES
}

/** A block is made of its own segment and the tail of the one before it. */
function isForPlayhead(snapshot: Snapshot, job: Job, playhead: Playhead): boolean {
  const { songId, segment } = playhead
  if (job.songId !== songId || (job.segment !== segment && job.segment !== segment - 1)) return false
  return jobAt(snapshot, playhead)?.blockSha256 === null
}

/** Whether the server decodes the block under a playhead, or has all results for it and has not put them together yet. */
function isWithServer(snapshot: Snapshot, playhead: Playhead): boolean {
  const { songId, segment, isDecoding = false } = playhead
  const own = jobAt(snapshot, playhead)
  if (!own) return isDecoding && snapshot.songs.get(songId)?.isDecoded === false
  if (own.state !== 'done' || own.blockSha256 !== null) return false
  return segment === 0 || jobAt(snapshot, { songId, segment: segment - 1 })?.state === 'done'
}
