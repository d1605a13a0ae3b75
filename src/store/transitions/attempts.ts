import { ATTEMPT_TRANSITIONS, type AttemptState, statesBefore } from '../../song/lifecycle.ts'
import type { Database } from '../ledger/database.ts'
import { sqlList } from '../ledger/sql-list.ts'
import { newToken } from '../ledger/tokens.ts'
import { type Attempt, attemptsOf } from '../queries/attempts.ts'

/* The only module that writes the table `attempts`. The effect on the job is in `jobs.ts`, which calls these functions. */

/** Begins an attempt of a worker. A running attempt at the same job counts as lost. */
export function beginAttempt(
  db: Database,
  { jobId, worker, delivery }: { jobId: number; worker: string; delivery: string },
): Attempt {
  loseRunningAttempts(db, jobId)
  const number = (attemptsOf(db, jobId).at(-1)?.number ?? 0) + 1
  const token = newToken()
  db.insert(
    `INSERT INTO attempts (job_id, number, worker, delivery, token, started_at) VALUES (?, ?, ?, ?, ?, ?)`,
    jobId,
    number,
    worker,
    delivery,
    token,
    db.now(),
  )
  return { jobId, number, worker, delivery, token, state: 'running', reason: null, inputSha256: null }
}

/** Marks an attempt as the one whose result counts. Other running attempts at the job are lost. */
export function winAttempt(db: Database, { jobId, number }: Pick<Attempt, 'jobId' | 'number'>): void {
  endAttempts(db, { cause: 'winAttempt', where: 'job_id = ? AND number = ?', values: [jobId, number] })
  loseRunningAttempts(db, jobId)
}

/** @returns false if the attempt had already ended */
export function endRunningAttempt(
  db: Database,
  { attempt, outcome, reason }: { attempt: Attempt; outcome: 'failed' | 'returned'; reason: string },
): boolean {
  const cause = outcome === 'failed' ? 'failAttempt' : 'returnAttempt'
  const values = [attempt.jobId, attempt.number]
  return endAttempts(db, { cause, reason, where: 'job_id = ? AND number = ?', values }) === 1
}

/** Ends the running attempts of a deleted song as returned. Their workers are told "gone", and nobody is blamed. */
export function returnAttemptsOfDeletedSong(db: Database, songId: number): void {
  endAttempts(db, {
    cause: 'returnAttemptsOfDeletedSong',
    reason: 'the song was deleted',
    where: 'job_id IN (SELECT id FROM jobs WHERE song_id = ?)',
    values: [songId],
  })
}

/** Records the input hash of an attempt whose input came from a seek decode. */
export function recordInput(db: Database, { jobId, number }: Attempt, sha256: string): void {
  db.change('UPDATE attempts SET input_sha256 = ? WHERE job_id = ? AND number = ?', sha256, jobId, number)
}

function loseRunningAttempts(db: Database, jobId: number): void {
  endAttempts(db, { cause: 'loseAttempt', where: 'job_id = ?', values: [jobId] })
}

/** @returns how many attempts ended */
function endAttempts(
  db: Database,
  {
    cause,
    reason = null,
    where,
    values,
  }: { cause: keyof typeof ATTEMPT_TRANSITIONS; reason?: string | null; where: string; values: readonly number[] },
): number {
  const { to } = ATTEMPT_TRANSITIONS[cause]
  const before: AttemptState[] = statesBefore<AttemptState>(ATTEMPT_TRANSITIONS[cause])
  return db.change(
    `UPDATE attempts SET state = ?, reason = coalesce(?, reason), ended_at = ? WHERE ${where} AND state IN (${sqlList(before)})`,
    to,
    reason,
    db.now(),
    ...values,
  )
}
