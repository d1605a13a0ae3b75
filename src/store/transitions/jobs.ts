import { JOB_TRANSITIONS, statesBefore } from '../../song/lifecycle.ts'
import type { Database } from '../ledger/database.ts'
import { sqlList } from '../ledger/sql-list.ts'
import { newToken } from '../ledger/tokens.ts'
import type { Attempt } from '../queries/attempts.ts'
import { invitationOf } from '../queries/invitations.ts'
import { getJob, type Job, type SeparationJob } from '../queries/jobs.ts'
import { beginAttempt, endRunningAttempt, returnAttemptsOfDeletedSong, winAttempt } from './attempts.ts'
import { jobChange, recordJobChange } from './job-change.ts'
import { takeTurn } from './turns.ts'

/* With `lyrics-jobs.ts` the only module that writes the table `jobs`. */

/** Adds the missing jobs of all segments below `segments`. Returns how many were added. */
export function addJobs(db: Database, { songId, segments }: { songId: number; segments: number }): number {
  const sql = 'SELECT count(*) AS n FROM separation_jobs WHERE song_id = ? AND segment < ?'
  const known = db.one<{ n: number }>(sql, songId, segments)
  if (known?.n === segments) return 0
  return addMissingJobs(db, { songId, from: 0, to: segments, isProvisional: false })
}

/** Adds the missing jobs of segments [from, to), whose inputs come from a seek decode. Returns how many were added. */
export function addProvisionalJobs(
  db: Database,
  { songId, from, to }: { songId: number; from: number; to: number },
): number {
  return addMissingJobs(db, { songId, from, to, isProvisional: true })
}

/** Adds done jobs for blocks that are on disk, to a ledger that is rebuilt from a song's files. */
export function addRecoveredJobs(
  db: Database,
  { songId, blocks }: { songId: number; blocks: readonly { segment: number; sha256: string }[] },
): void {
  const sql = `INSERT INTO jobs (song_id, segment, token, state, stretch_sha256, done_at) VALUES (?, ?, ?, ?, ?, ?)`
  const { to } = JOB_TRANSITIONS.addRecoveredJobs
  for (const { segment, sha256 } of blocks) db.insert(sql, songId, segment, newToken(), to, sha256, db.now())
}

/**
 * Records that an invitation of a new generation is sent, unless the job has changed since the caller read it.
 * @returns the published job; undefined if it had changed
 */
export function publishJob(db: Database, seen: Job): Job | undefined {
  return db.transaction(() => {
    const published = db.change(
      `UPDATE jobs SET state = ?, generation = generation + 1, published_at = ?, invitation = NULL
       WHERE id = ? AND state = ? AND generation = ? AND attempt = ?`,
      JOB_TRANSITIONS.publishJob.to,
      db.now(),
      seen.id,
      seen.state,
      seen.generation,
      seen.attempt,
    )
    if (published === 0) return undefined
    takeTurn(db, seen)
    db.record(jobChange(seen))
    return getJob(db, seen.id)
  })
}

/**
 * Swaps the invitation of a published job to another job, which is waiting or published. The first job takes the place of
 * the second. Neither may be claimed. A worker that presents an invitation, even after a redelivery, gets the job that it
 * offers now.
 * @returns the second job as published; undefined if one of them had changed
 */
export function swapInvitation(db: Database, { from, to }: { from: Job; to: Job }): Job | undefined {
  return db.transaction(() => {
    if (from.state !== 'published' || !(to.state === 'published' || to.state === 'waiting')) return undefined
    if (!isUnchanged(db, from) || !isUnchanged(db, to)) return undefined
    const [ofFrom, ofTo] = [invitationOf(db, from), to.state === 'published' ? invitationOf(db, to) : null]
    const { to: stateOfFrom } = ofTo === null ? JOB_TRANSITIONS.loseInvitation : JOB_TRANSITIONS.gainInvitation
    setInvitation(db, from, { state: stateOfFrom, invitation: ofTo })
    setInvitation(db, to, { state: JOB_TRANSITIONS.gainInvitation.to, invitation: ofFrom })
    return getJob(db, to.id)
  })
}

/** Begins a worker's attempt at an open job. */
export function claimJob(
  db: Database,
  { jobId, worker, delivery }: { jobId: number; worker: string; delivery: string },
): Attempt {
  return db.transaction(() => {
    const attempt = beginAttempt(db, { jobId, worker, delivery })
    const sql = 'UPDATE jobs SET state = ?, worker = ?, attempt = ? WHERE id = ?'
    db.change(sql, JOB_TRANSITIONS.claimJob.to, worker, attempt.number, jobId)
    recordJobChange(db, jobId)
    return attempt
  })
}

/** The commit point of a job: the first result counts. The UPDATE requires an open job, so one of two results is accepted. */
export function acceptResult(
  db: Database,
  { attempt, sha256, seconds }: { attempt: Attempt; sha256: string; seconds: number },
): boolean {
  return db.transaction(() => {
    const { to } = JOB_TRANSITIONS.acceptResult
    const accepted = db.change(
      `UPDATE jobs SET state = ?, attempt = ?, worker = ?, result_sha256 = ?, seconds = ?, done_at = ?
       WHERE id = ? AND state IN (${sqlList(statesBefore(JOB_TRANSITIONS.acceptResult))})`,
      to,
      attempt.number,
      attempt.worker,
      sha256,
      seconds,
      db.now(),
      attempt.jobId,
    )
    if (accepted === 0) return false
    winAttempt(db, attempt)
    recordJobChange(db, attempt.jobId)
    return true
  })
}

/**
 * Ends an attempt without a result. Its job becomes published again, so its invitation can be claimed.
 * @returns false if the attempt had already ended
 */
export function endAttempt(
  db: Database,
  { attempt, outcome, reason }: { attempt: Attempt; outcome: 'failed' | 'returned'; reason: string },
): boolean {
  return db.transaction(() => {
    if (!endRunningAttempt(db, { attempt, outcome, reason })) return false
    db.change(
      `UPDATE jobs SET state = ?, published_at = ?
       WHERE id = ? AND attempt = ? AND state IN (${sqlList(statesBefore(JOB_TRANSITIONS.endAttempt))})`,
      JOB_TRANSITIONS.endAttempt.to,
      db.now(),
      attempt.jobId,
      attempt.number,
    )
    recordJobChange(db, attempt.jobId)
    return true
  })
}

/** Sets all published and claimed jobs to waiting: the broker with their invitations is gone. Returns how many. */
export function recallInvitations(db: Database): number {
  const { to } = JOB_TRANSITIONS.recallInvitations
  const before = sqlList(statesBefore(JOB_TRANSITIONS.recallInvitations))
  return db.change(`UPDATE jobs SET state = ?, invitation = NULL WHERE state IN (${before})`, to)
}

/** Reopens a done job. Its final block stays final. */
export function reopenJob(
  db: Database,
  { job, cause }: { job: SeparationJob; cause: 'reopenAfterLostResult' | 'reopenAfterChangedInput' },
): void {
  db.transaction(() => {
    const { to } = JOB_TRANSITIONS[cause]
    const before = sqlList(statesBefore(JOB_TRANSITIONS[cause]))
    const sql = `UPDATE jobs SET state = ?, result_sha256 = NULL WHERE id = ? AND state IN (${before})`
    if (db.change(sql, to, job.id) === 1) db.record(jobChange(job))
  })
}

/** Cancels the open jobs of a song, of every kind. Workers at them are told "gone" and are not blamed. */
export function cancelJobs(
  db: Database,
  { songId, cause }: { songId: number; cause: 'cancelJobsOfFailedSong' | 'cancelJobsOfDeletedSong' },
): void {
  if (cause === 'cancelJobsOfDeletedSong') returnAttemptsOfDeletedSong(db, songId)
  const before = sqlList(statesBefore(JOB_TRANSITIONS[cause]))
  db.change(`UPDATE jobs SET state = ? WHERE song_id = ? AND state IN (${before})`, JOB_TRANSITIONS[cause].to, songId)
}

export function reopenJobsOfRestoredSong(db: Database, songId: number): void {
  const { to } = JOB_TRANSITIONS.reopenJobsOfRestoredSong
  const before = sqlList(statesBefore(JOB_TRANSITIONS.reopenJobsOfRestoredSong))
  db.change(`UPDATE jobs SET state = ? WHERE song_id = ? AND state IN (${before})`, to, songId)
}

/** Confirms a job's input: the song's own decoding gave the same samples as the seek decode. */
export function confirmInput(db: Database, jobId: number): void {
  db.change('UPDATE jobs SET is_ahead = 0 WHERE id = ?', jobId)
}

export function markBlockFinal(db: Database, { jobId, sha256 }: { jobId: number; sha256: string }): void {
  db.transaction(() => {
    db.change('UPDATE jobs SET stretch_sha256 = ? WHERE id = ?', sha256, jobId)
    const job = getJob(db, jobId)
    if (job?.kind === 'separate') db.record({ kind: 'block-final', songId: job.songId, segment: job.segment })
  })
}

/** Marks a block as not final: its bytes on disk are damaged, or its input has changed. */
export function discardBlock(db: Database, job: SeparationJob): void {
  db.transaction(() => {
    db.change('UPDATE jobs SET stretch_sha256 = NULL WHERE id = ?', job.id)
    db.record(jobChange(job))
  })
}

/** Removes the jobs from `segment` on, which are beyond the end of the decoded song. */
export function removeJobsFrom(db: Database, { songId, segment }: { songId: number; segment: number }): void {
  db.change('DELETE FROM jobs WHERE song_id = ? AND segment >= ?', songId, segment)
}

function addMissingJobs(
  db: Database,
  { songId, from, to, isProvisional }: { songId: number; from: number; to: number; isProvisional: boolean },
): number {
  return db.transaction(() => {
    const rows = db.all<{ segment: number }>('SELECT segment FROM separation_jobs WHERE song_id = ?', songId)
    const known = new Set(rows.map(({ segment }) => segment))
    let added = 0
    for (let segment = from; segment < to; segment++) {
      if (known.has(segment)) continue
      added++
      const sql = 'INSERT INTO jobs (song_id, segment, token, is_ahead) VALUES (?, ?, ?, ?)'
      db.insert(sql, songId, segment, newToken(), Number(isProvisional))
    }
    if (added > 0) db.record({ kind: 'jobs-added', songId })
    return added
  })
}

function setInvitation(
  db: Database,
  job: Job,
  { state, invitation }: Pick<Job, 'state'> & { invitation: string | null },
): void {
  db.change(
    'UPDATE jobs SET state = ?, generation = generation + 1, published_at = ?, invitation = ? WHERE id = ?',
    state,
    db.now(),
    invitation,
    job.id,
  )
  db.record(jobChange(job))
}

function isUnchanged(db: Database, seen: Job): boolean {
  const now = getJob(db, seen.id)
  return now?.state === seen.state && now.generation === seen.generation && now.attempt === seen.attempt
}
