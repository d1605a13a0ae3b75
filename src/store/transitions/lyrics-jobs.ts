import { JOB_TRANSITIONS, statesBefore } from '../../song/lifecycle.ts'
import type { LyricsTaskResult } from '../../song/lyrics-task.ts'
import type { Database } from '../ledger/database.ts'
import { sqlList } from '../ledger/sql-list.ts'
import { newToken } from '../ledger/tokens.ts'
import type { Attempt } from '../queries/attempts.ts'
import type { Job } from '../queries/jobs.ts'
import type { LyricsStep, PlannedTask } from '../queries/lyrics-tasks.ts'
import { jobChange } from './job-change.ts'
import { acceptResult } from './jobs.ts'

/* Writes jobs of kind 'lyrics' into the table `jobs`, and their tasks. Everything else about them is in `jobs.ts`. */

/** Adds the tasks whose positions the ledger does not have yet, each as a job. Returns how many were added. */
export function addLyricsJobs(
  db: Database,
  {
    songId,
    modelId,
    step,
    tasks,
  }: { songId: number; modelId: string; step: LyricsStep; tasks: readonly PlannedTask[] },
): number {
  return db.transaction(() => {
    const sql = 'SELECT position FROM lyrics_tasks WHERE song_id = ? AND step = ?'
    const known = new Set(db.all<{ position: number }>(sql, songId, step).map(({ position }) => position))
    const added = tasks.filter(({ position }) => !known.has(position))
    for (const { position, range, task } of added) {
      const { to } = JOB_TRANSITIONS.addLyricsJobs
      const job = `INSERT INTO jobs (song_id, kind, segment, token, state) VALUES (?, 'lyrics', NULL, ?, ?)`
      const jobId = db.insert(job, songId, newToken(), to)
      db.insert(
        `INSERT INTO lyrics_tasks (job_id, song_id, step, position, model_id, start_sample, samples, task)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        jobId,
        songId,
        step,
        position,
        modelId,
        range.startSample,
        range.samples,
        JSON.stringify(task),
      )
    }
    if (added.length > 0) db.record({ kind: 'lyrics-work-changed', songId })
    return added.length
  })
}

/** The commit point of a job for lyrics: the first result counts, and is stored in the same transaction. */
export function acceptLyricsResult(
  db: Database,
  { attempt, result, sha256, seconds }: { attempt: Attempt; result: LyricsTaskResult; sha256: string; seconds: number },
): boolean {
  return db.transaction(() => {
    if (!acceptResult(db, { attempt, sha256, seconds })) return false
    db.change('UPDATE lyrics_tasks SET result = ? WHERE job_id = ?', JSON.stringify(result), attempt.jobId)
    return true
  })
}

/** Takes the invitation of a published job back. It waits for its turn again. Returns false if it has changed since `seen`. */
export function withdrawInvitation(db: Database, seen: Job): boolean {
  return db.transaction(() => {
    const { to } = JOB_TRANSITIONS.withdrawInvitation
    const before = sqlList(statesBefore(JOB_TRANSITIONS.withdrawInvitation))
    const sql = `UPDATE jobs SET state = ?, generation = generation + 1, invitation = NULL
       WHERE id = ? AND generation = ? AND state IN (${before})`
    if (db.change(sql, to, seen.id, seen.generation) === 0) return false
    db.record(jobChange(seen))
    return true
  })
}

/** Removes all jobs for a song's lyrics. Workers at them are told "gone". */
export function removeLyricsJobs(db: Database, songId: number): void {
  db.change(`DELETE FROM jobs WHERE song_id = ? AND kind = 'lyrics'`, songId)
}
