import { attemptsOf } from '../store/attempts.ts'
import type { Database } from '../store/database.ts'
import { jobOfInvitation } from '../store/invitations.ts'
import { type Job, jobOfSegment, jobsInState } from '../store/jobs.ts'
import type { Playhead } from './playheads.ts'
import { urgentJob } from './urgent.ts'

/** So long at most other work waits; more than one job should take. */
export const LONGEST_HOLD_MS = 1_500

/**
 * Whether a worker that asks for a job should wait a little: another one on the same machine is at work on what somebody
 * waits for in silence, the first stretch of a song or the one under a playhead, and has the job sooner with all cores.
 * @param invitation what it asks with
 * @param playheads where people listen
 * @param isSameMachine whether another worker runs beside the one that asks
 */
export function shouldWait(
  db: Database,
  {
    invitation,
    playheads,
    isSameMachine,
  }: {
    invitation: { jobId: number; generation: number }
    playheads: readonly Playhead[]
    isSameMachine(worker: string): boolean
  },
): boolean {
  const asked = jobOfInvitation(db, invitation)
  // What it would get: its invitation may be traded.
  const next = asked && (urgentJob(db, { playheads, modelId: asked.modelId, than: asked }) ?? asked)
  const isAwaited = (job: Job) => {
    const isFirst = job.segment === 0 && job.stretchSha256 === null
    return isFirst || playheads.some((playhead) => isForPlayhead(db, job, playhead))
  }
  if (!next || isAwaited(next)) return false
  return jobsInState(db, 'claimed').some((job) => {
    const isBesideIt = job.worker !== null && isSameMachine(job.worker)
    return isBesideIt && isAwaited(job) && attemptsOf(db, job.id).length === 1
  })
}

/** A stretch needs its own segment and the tail of the one before it. */
function isForPlayhead(db: Database, job: Job, { songId, segment }: Playhead): boolean {
  if (job.songId !== songId || (job.segment !== segment && job.segment !== segment - 1)) return false
  return jobOfSegment(db, { songId, segment })?.stretchSha256 === null
}
