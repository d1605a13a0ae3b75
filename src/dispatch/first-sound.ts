import { inputOf, SOON_DECODED_SAMPLES } from '../song/segment.ts'
import type { Job, SeparationJob } from '../store/queries/jobs.ts'
import type { Playhead } from './playheads.ts'
import { jobAt, type Snapshot } from './snapshot.ts'

/*
 * A job makes a first sound if a listener hears nothing until it is done. These are the first job of a song and the jobs of a
 * block at a playhead. Such a job is done sooner if it has all cores of its machine, so other work on that machine waits
 * (`yield-to-first-sound.ts`) or stops (`preempt.ts`).
 */

/** The processes that share a machine with a worker or a decoder. */
export type SharedMachine = {
  /** Whether this other worker runs on the machine. */
  hasWorker(worker: string): boolean
  hasServer: boolean
}

/** Whether a job makes a first sound. One for lyrics never does. */
export function isFirstSound(snapshot: Snapshot, job: Job): boolean {
  if (job.kind !== 'separate') return false
  const isFirst = job.segment === 0 && job.blockSha256 === null
  return isFirst || snapshot.playheads.some((playhead) => isForPlayhead(snapshot, job, playhead))
}

/**
 * Whether another process of the machine works on a first sound: a worker in the first attempt of such a job, or the server in
 * the step before or after the job. Nothing waits for a second attempt, because it may be as slow as the first.
 */
export function isBusyWithFirstSound(snapshot: Snapshot, machine: SharedMachine): boolean {
  if (machine.hasServer && snapshot.playheads.some((playhead) => isServerNext(snapshot, playhead))) return true
  return snapshot.claimed.some((job) => {
    const isThere = job.worker !== null && machine.hasWorker(job.worker)
    return isThere && job.attempt === 1 && isFirstSound(snapshot, job)
  })
}

/** Whether the song's own decoding will soon reach a playhead. */
export function isSoonDecoded(snapshot: Snapshot, playhead: Playhead): boolean {
  const song = snapshot.songs.get(playhead.songId)
  if (!song || song.isDecoded || song.isUploading || jobAt(snapshot, playhead)) return false
  return inputOf(song.grid, playhead.segment).startSample - song.samples < SOON_DECODED_SAMPLES
}

/** Whether a job belongs to the block at a playhead and that block is not final. A block needs its own segment and the one before it. */
function isForPlayhead(snapshot: Snapshot, job: SeparationJob, playhead: Playhead): boolean {
  const { songId, segment } = playhead
  if (job.songId !== songId || (job.segment !== segment && job.segment !== segment - 1)) return false
  return jobAt(snapshot, playhead)?.blockSha256 === null
}

/** Whether the block at a playhead waits for the server: for a seek decode, or for the assembly of results that are there. */
function isServerNext(snapshot: Snapshot, playhead: Playhead): boolean {
  const { songId, segment, isDecoding = false } = playhead
  const own = jobAt(snapshot, playhead)
  if (!own) return isDecoding && snapshot.songs.get(songId)?.isDecoded === false
  if (own.state !== 'done' || own.blockSha256 !== null) return false
  return segment === 0 || jobAt(snapshot, { songId, segment: segment - 1 })?.state === 'done'
}
