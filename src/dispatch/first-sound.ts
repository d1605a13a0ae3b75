import { attemptsOf } from '../store/attempts.ts'
import type { Database } from '../store/database.ts'
import { jobOfInvitation } from '../store/invitations.ts'
import { type Job, jobOfSegment, jobsInState } from '../store/jobs.ts'
import type { Playhead } from './playheads.ts'
import { urgentJob, urgentSegments } from './urgent.ts'

/** So long at most other work waits; more than one job should take. */
export const LONGEST_HOLD_MS = 1_500

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
  const { playheads } = beside
  const asked = jobOfInvitation(db, invitation)
  // What it would get: its invitation may be traded.
  const next = asked && (urgentJob(db, { playheads, modelId: asked.modelId, than: asked }) ?? asked)
  return next !== undefined && !isAwaited(db, next, playheads) && isAwaitedBeside(db, beside)
}

/** Whether a machine is at work on what somebody waits for in silence: a worker at the first try, or the server after it. */
export function isAwaitedBeside(db: Database, { playheads, isSameMachine, isServersMachine }: Beside): boolean {
  if (isServersMachine && playheads.some((playhead) => isBeingPutTogether(db, playhead))) return true
  return jobsInState(db, 'claimed').some((job) => {
    const isBeside = job.worker !== null && isSameMachine(job.worker)
    return isBeside && isAwaited(db, job, playheads) && attemptsOf(db, job.id).length === 1
  })
}

/**
 * Jobs that somebody works on, to be let go so that what the listener who moved last waits for in silence can begin: of
 * the same model, nothing that anybody hears soon, and no more than it takes.
 * @param idle how many workers have nothing to do
 */
export function jobsToLetGo(
  db: Database,
  { playheads, idle }: { playheads: readonly Playhead[]; idle: number },
): Job[] {
  const [playhead] = playheads
  const own = playhead && jobOfSegment(db, playhead)
  if (!own || own.stretchSha256 !== null) return []
  const before = own.segment === 0 ? undefined : jobOfSegment(db, { ...playhead, segment: own.segment - 1 })
  const unbegun = [own, before].filter((job) => job?.state === 'waiting' || job?.state === 'published')
  const isHeardSoon = ({ songId, segment }: Job) =>
    playheads.some((each) => {
      const { first, last } = urgentSegments(each)
      return each.songId === songId && segment >= first && segment <= last
    })
  const others = jobsInState(db, 'claimed').filter((job) => job.modelId === own.modelId && !isHeardSoon(job))
  return others.reverse().slice(0, Math.max(0, unbegun.length - idle))
}

/** The first stretch of a song, or one under a playhead. */
function isAwaited(db: Database, job: Job, playheads: readonly Playhead[]): boolean {
  const isFirst = job.segment === 0 && job.stretchSha256 === null
  return isFirst || playheads.some((playhead) => isForPlayhead(db, job, playhead))
}

/** A stretch needs its own segment and the tail of the one before it. */
function isForPlayhead(db: Database, job: Job, { songId, segment }: Playhead): boolean {
  if (job.songId !== songId || (job.segment !== segment && job.segment !== segment - 1)) return false
  return jobOfSegment(db, { songId, segment })?.stretchSha256 === null
}

/** All results for the stretch under a playhead are there. */
function isBeingPutTogether(db: Database, { songId, segment }: Playhead): boolean {
  const own = jobOfSegment(db, { songId, segment })
  if (own?.state !== 'done' || own.stretchSha256 !== null) return false
  return segment === 0 || jobOfSegment(db, { songId, segment: segment - 1 })?.state === 'done'
}
