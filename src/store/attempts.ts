import type { Database } from './database.ts'
import { newToken } from './jobs.ts'

/** lost: its worker died or froze, and another took the job over; returned: it could not try, nobody's fault. */
export type AttemptState = 'running' | 'done' | 'failed' | 'lost' | 'returned'

export type Attempt = {
  jobId: number
  number: number
  worker: string
  delivery: string
  token: string
  state: AttemptState
  reason: string | null
  /** The hash of what it was given to hear, where that was decoded ahead. */
  inputSha256: string | null
}

type AttemptRow = Omit<Attempt, 'jobId' | 'inputSha256'> & { job_id: number; input_sha256: string | null }

/** A worker begins: whoever had the job before is taken for lost. */
export function beginAttempt(
  db: Database,
  { jobId, worker, delivery }: { jobId: number; worker: string; delivery: string },
): Attempt {
  return db.transaction(() => {
    const now = db.now()
    db.change(`UPDATE attempts SET state = 'lost', ended_at = ? WHERE job_id = ? AND state = 'running'`, now, jobId)
    const number = (attemptsOf(db, jobId).at(-1)?.number ?? 0) + 1
    const token = newToken()
    db.insert(
      'INSERT INTO attempts (job_id, number, worker, delivery, token, started_at) VALUES (?, ?, ?, ?, ?, ?)',
      jobId,
      number,
      worker,
      delivery,
      token,
      now,
    )
    db.change(`UPDATE jobs SET state = 'claimed', worker = ?, attempt = ? WHERE id = ?`, worker, number, jobId)
    return { jobId, number, worker, delivery, token, state: 'running', reason: null, inputSha256: null }
  })
}

export function attemptsOf(db: Database, jobId: number): Attempt[] {
  return db.all<AttemptRow>('SELECT * FROM attempts WHERE job_id = ? ORDER BY number', jobId).map((row) => ({
    jobId: row.job_id,
    number: row.number,
    worker: row.worker,
    delivery: row.delivery,
    token: row.token,
    state: row.state,
    reason: row.reason,
    inputSha256: row.input_sha256,
  }))
}

/** Notes what an attempt was given to hear. */
export function noteInput(db: Database, { jobId, number }: Attempt, sha256: string): void {
  db.change('UPDATE attempts SET input_sha256 = ? WHERE job_id = ? AND number = ?', sha256, jobId, number)
}

/**
 * The commit point of a job: the first result of any of its attempts counts. Conditional on the job being open, so
 * that of two results exactly one is accepted.
 */
export function acceptResult(
  db: Database,
  { attempt, sha256, seconds }: { attempt: Attempt; sha256: string; seconds: number },
): boolean {
  return db.transaction(() => {
    const now = db.now()
    const accepted = db.change(
      `UPDATE jobs SET state = 'done', attempt = ?, worker = ?, result_sha256 = ?, seconds = ?, done_at = ?
       WHERE id = ? AND state IN ('waiting', 'published', 'claimed')`,
      attempt.number,
      attempt.worker,
      sha256,
      seconds,
      now,
      attempt.jobId,
    )
    if (accepted === 0) return false
    db.change(
      `UPDATE attempts SET state = CASE number WHEN ? THEN 'done' ELSE 'lost' END, ended_at = ?
       WHERE job_id = ? AND (number = ? OR state = 'running')`,
      attempt.number,
      now,
      attempt.jobId,
      attempt.number,
    )
    return true
  })
}

/**
 * Ends an attempt without a result; its job goes back to where an invitation can be claimed.
 * @returns false when the attempt was over already
 */
export function endAttempt(
  db: Database,
  { attempt, state, reason }: { attempt: Attempt; state: 'failed' | 'returned' | 'lost'; reason: string },
): boolean {
  return db.transaction(() => {
    const ended = db.change(
      `UPDATE attempts SET state = ?, reason = ?, ended_at = ? WHERE job_id = ? AND number = ? AND state = 'running'`,
      state,
      reason,
      db.now(),
      attempt.jobId,
      attempt.number,
    )
    if (ended === 0) return false
    db.change(
      `UPDATE jobs SET state = 'published', published_at = ? WHERE id = ? AND state = 'claimed' AND attempt = ?`,
      db.now(),
      attempt.jobId,
      attempt.number,
    )
    return true
  })
}
