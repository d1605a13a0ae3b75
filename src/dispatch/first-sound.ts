import { inputOf, SOON_DECODED_SAMPLES } from '../song/segment.ts'
import type { Database } from '../store/database.ts'
import { jobOfInvitation } from '../store/invitations.ts'
import { type Job, jobOfSegment, jobsInState } from '../store/jobs.ts'
import { getSong } from '../store/songs.ts'
import type { Playhead } from './playheads.ts'
import { isHeardSoon, urgentJob } from './urgent.ts'

/** So long at most other work waits; more than one job should take. */
export const LONGEST_HOLD_MS = 1_200

export type Beside = {
  /** Where people listen. */
  playheads: readonly Playhead[]
  /** Whether another worker runs on the machine that this is about. */
  isSameMachine(worker: string): boolean
  /** Whether the server does. */
  isServersMachine: boolean
}

/**
 * Whether a worker that asks for a job should wait a little: its machine is at work on what somebody waits for in
 * silence, which is there sooner with all cores.
 * @param invitation what it asks with
 */
export function shouldWait(
  db: Database,
  { invitation, ...beside }: { invitation: { jobId: number; generation: number } } & Beside,
): boolean {
  const isOwnAwaited = isInvitedToAwaited(db, { invitation, playheads: beside.playheads })
  if (isOwnAwaited !== false) return false
  return (
    isAwaitedBeside(db, beside) || (beside.isServersMachine && beside.playheads.some((each) => isSoonDecoded(db, each)))
  )
}

/** Whether an invitation leads to what somebody waits for in silence; undefined when it leads nowhere. */
export function isInvitedToAwaited(
  db: Database,
  { invitation, playheads }: Pick<Beside, 'playheads'> & { invitation: { jobId: number; generation: number } },
): boolean | undefined {
  const asked = jobOfInvitation(db, invitation)
  // What it would get: the invitation may be traded.
  const next = asked && (urgentJob(db, { playheads, modelId: asked.modelId, than: asked }) ?? asked)
  return next && isAwaited(db, next, playheads)
}

/** Whether a machine is at work on what somebody waits for in silence: a worker at the first try, or the server after it. */
export function isAwaitedBeside(db: Database, { playheads, isSameMachine, isServersMachine }: Beside): boolean {
  if (isServersMachine && playheads.some((playhead) => isInServersHands(db, playhead))) return true
  return jobsInState(db, 'claimed').some((job) => {
    const isBeside = job.worker !== null && isSameMachine(job.worker)
    return isBeside && isAwaited(db, job, playheads) && job.attempt === 1
  })
}

/**
 * Jobs that somebody works on, to be let go so that what the listener who moved last waits for in silence can begin: of
 * the same model, nothing that anybody hears soon, and no more than it takes. Each job once at most: whoever jumps to and
 * fro keeps nothing from being done.
 * @param idle how many workers have nothing to do
 */
export function jobsToLetGo(
  db: Database,
  { playheads, idle }: { playheads: readonly Playhead[]; idle: number },
): Job[] {
  const [playhead] = playheads
  const song = playhead && getSong(db, playhead.songId)
  if (!playhead || !song) return []
  const { songId, segment, isDecoding = false } = playhead
  const own = jobOfSegment(db, { songId, segment })
  if (own ? own.blockSha256 !== null : !isDecoding && !isSoonDecoded(db, playhead)) return []
  const needed = segment === 0 ? [own] : [jobOfSegment(db, { songId, segment: segment - 1 }), own]
  const unbegun = needed.filter((job) => !job || job.state === 'waiting' || job.state === 'published')
  const others = jobsInState(db, 'claimed').filter((job) => {
    const isFirstTry = job.modelId === song.plan.modelId && job.attempt === 1
    return isFirstTry && !playheads.some((each) => isHeardSoon(job, each))
  })
  return others.reverse().slice(0, Math.max(0, unbegun.length - idle))
}

/** The first block of a song, or one under a playhead. */
function isAwaited(db: Database, job: Job, playheads: readonly Playhead[]): boolean {
  const isFirst = job.segment === 0 && job.blockSha256 === null
  return isFirst || playheads.some((playhead) => isForPlayhead(db, job, playhead))
}

/** A block needs its own segment and the tail of the one before it. */
function isForPlayhead(db: Database, job: Job, { songId, segment }: Playhead): boolean {
  if (job.songId !== songId || (job.segment !== segment && job.segment !== segment - 1)) return false
  return jobOfSegment(db, { songId, segment })?.blockSha256 === null
}

/** The block under a playhead is being decoded, or all results for it are there. */
function isInServersHands(db: Database, { songId, segment, isDecoding = false }: Playhead): boolean {
  const own = jobOfSegment(db, { songId, segment })
  if (!own) return isDecoding && getSong(db, songId)?.isDecoded === false
  if (own.state !== 'done' || own.blockSha256 !== null) return false
  return segment === 0 || jobOfSegment(db, { songId, segment: segment - 1 })?.state === 'done'
}

/** Whether the song's own decoding is about to be there. */
function isSoonDecoded(db: Database, { songId, segment }: Playhead): boolean {
  const song = getSong(db, songId)
  if (song?.state !== 'separating' || song.isDecoded || song.arrival !== null || jobOfSegment(db, { songId, segment }))
    return false
  return inputOf(song.plan.grid, segment).startSample - song.samples < SOON_DECODED_SAMPLES
}
