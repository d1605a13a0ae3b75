import type { AttemptState } from '../../song/lifecycle.ts'
import type { Database } from '../ledger/database.ts'

export type Attempt = {
  jobId: number
  number: number
  worker: string
  delivery: string
  token: string
  state: AttemptState
  reason: string | null
  /** SHA-256 of the input that this attempt received, if that input came from a seek decode. */
  inputSha256: string | null
}

type AttemptRow = Omit<Attempt, 'jobId' | 'inputSha256'> & { job_id: number; input_sha256: string | null }

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
