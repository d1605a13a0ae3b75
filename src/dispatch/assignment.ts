import { taskSamples } from '../song/lyrics-task.ts'
import type { Assignment } from '../song/messages.ts'
import { BYTES_PER_SAMPLE, CHANNELS } from '../song/pcm.ts'
import type { Database } from '../store/ledger/database.ts'
import type { Attempt } from '../store/queries/attempts.ts'
import type { Job } from '../store/queries/jobs.ts'
import { lyricsTaskOf } from '../store/queries/lyrics-tasks.ts'
import type { Song } from '../store/queries/songs.ts'

/** What a worker is told of the job that it has claimed. */
export function assignmentOf(
  db: Database,
  { job, attempt, song }: { job: Job; attempt: Attempt; song: Song },
): Assignment {
  const { id: jobId, songId, modelId } = job
  const common = { jobId, songId, modelId, attempt: attempt.number, attemptToken: attempt.token }
  if (job.kind === 'separate') {
    const { grid, needsWholeSong } = song.plan
    const inputBytes = grid.inputSamples * CHANNELS * BYTES_PER_SAMPLE
    const level = needsWholeSong ? song.statistics : null
    return { ...common, kind: 'separate', segment: job.segment, inputBytes, level }
  }
  const stored = lyricsTaskOf(db, jobId)
  if (!stored) throw new Error(`Job[${jobId}] has no task.`)
  const inputBytes = taskSamples(stored.range.samples) * BYTES_PER_SAMPLE
  return { ...common, kind: 'lyrics', task: stored.task, inputBytes }
}
