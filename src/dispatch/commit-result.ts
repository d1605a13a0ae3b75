import { rm } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import type { Log } from '../log.ts'
import { resultBytes } from '../song/song-size.ts'
import type { Database } from '../store/ledger/database.ts'
import type { Attempt } from '../store/queries/attempts.ts'
import { getJob, type Job, type LyricsJob, type SeparationJob } from '../store/queries/jobs.ts'
import { lyricsTaskOf } from '../store/queries/lyrics-tasks.ts'
import { getSong, type Song } from '../store/queries/songs.ts'
import { type Folders, partialPath } from '../store/song-files/paths.ts'
import { acceptResult } from '../store/transitions/jobs.ts'
import { acceptLyricsResult } from '../store/transitions/lyrics-jobs.ts'
import { readLyricsResult } from './read-lyrics-result.ts'
import { saveResult } from './save-result.ts'

/** A result on its way from a worker. @property bytes NaN if the worker does not say */
export type ArrivingResult = { bytes: number; seconds: number; body: Readable }
export type ResultOutcome = 'accepted' | 'duplicate' | 'gone'

export type CommitOptions = {
  db: Database
  folders: Folders
  log: Log
  /** Called after the result of a separation is stored. That of a job for lyrics is a change of the ledger. */
  onResult(segment: { songId: number; segment: number }): void
}

/** The commit point of a job: the first valid result of any attempt is accepted. Throws a UserError if it refuses the result. */
export async function commitResult(
  options: CommitOptions,
  { job, attempt, result }: { job: Job; attempt: Attempt; result: ArrivingResult },
): Promise<ResultOutcome> {
  if (job.state === 'done') return 'duplicate'
  const song = getSong(options.db, job.songId)
  if (job.state === 'cancelled' || !song) return 'gone'
  return job.kind === 'lyrics'
    ? commitLyrics(options, { job, attempt, result })
    : commitSeparation(options, { job, attempt, song, result })
}

async function commitLyrics(
  { db, log }: CommitOptions,
  { job, attempt, result }: { job: LyricsJob; attempt: Attempt; result: ArrivingResult },
): Promise<ResultOutcome> {
  const stored = lyricsTaskOf(db, job.id)
  if (!stored) return 'gone'
  const { bytes, seconds, body } = result
  const read = await readLyricsResult({ body, announcedBytes: bytes, task: stored.task }).catch((error: unknown) => {
    logRefusal(log, job, attempt)
    throw error
  })
  if (acceptLyricsResult(db, { attempt, ...read, seconds })) return 'accepted'
  return getJob(db, job.id)?.state === 'done' ? 'duplicate' : 'gone'
}

async function commitSeparation(
  { db, folders, log, onResult }: CommitOptions,
  { job, attempt, song, result }: { job: SeparationJob; attempt: Attempt; song: Song; result: ArrivingResult },
): Promise<ResultOutcome> {
  const { id: jobId } = job
  const { bytes, seconds, body } = result
  const path = partialPath(folders, { songId: song.id, jobId, attempt: attempt.number })
  const sha256 = await saveResult({
    body,
    path,
    announcedBytes: bytes,
    expectedBytes: resultBytes(song.plan),
  }).catch((error: NodeJS.ErrnoException) => {
    // Another attempt's result was accepted first, and the end of the song has removed this unfinished file.
    const isOver = error.code === 'ENOENT' && getJob(db, jobId)?.state !== 'claimed'
    if (isOver) return null
    logRefusal(log, job, attempt)
    throw error
  })
  if (sha256 === null) return getJob(db, jobId)?.state === 'done' ? 'duplicate' : 'gone'
  if (!acceptResult(db, { attempt, sha256, seconds })) {
    const now = getJob(db, jobId)
    const isOurs = now?.state === 'done' && now.attempt === attempt.number
    if (!isOurs) await rm(path, { force: true })
    return now?.state === 'done' ? 'duplicate' : 'gone'
  }
  onResult({ songId: song.id, segment: job.segment })
  return 'accepted'
}

function logRefusal(log: Log, { id: jobId }: Job, { worker }: Attempt): void {
  log.warn({ jobId }, `Server: Job[${jobId}] - a result of Worker[${worker}] was refused.`)
}
