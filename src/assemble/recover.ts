import { createHash } from 'node:crypto'
import { readExisting } from '../store/blocks.ts'
import type { Database } from '../store/database.ts'
import { forgetStretch, type Job, jobOfSegment, jobsOfSong, reopenJob } from '../store/jobs.ts'
import { type Folders, partialPath } from '../store/paths.ts'
import type { Song } from '../store/songs.ts'
import { hashStretch } from './stretches.ts'

/**
 * Holds what is on disk against the ledger after a start. Files are written without waiting for the disk, so a power cut
 * can lose what the ledger knows: such jobs are opened again. Every result that is still needed is checked by its hash,
 * and so is every final stretch of a song that is not whole yet.
 * @returns how many jobs have to be done again
 */
export async function recoverSong({
  db,
  folders,
  song,
}: {
  db: Database
  folders: Folders
  song: Song
}): Promise<number> {
  const jobs = new Map(jobsOfSong(db, song.id).map((job) => [job.segment, job]))
  const broken = new Set<Job>()
  for (const [segment, job] of jobs) {
    const hash = job.stretchSha256 && (await hashStretch({ folders, song, segment, grid: song.plan.grid }))
    const isFinal = job.stretchSha256 !== null && hash === job.stretchSha256
    if (isFinal) continue
    if (job.stretchSha256 !== null) forgetStretch(db, job.id)
    for (const needed of [jobs.get(segment - 1), job]) {
      if (needed?.state === 'done' && !(await isPartialGood(folders, needed))) broken.add(needed)
    }
  }
  for (const job of broken) reopenJob(db, job.id)
  return broken.size
}

/**
 * Opens jobs again whose result is not what it should be, with the stretches that have a part of it, and the jobs beside
 * them where their results, needed once more, are gone.
 * @returns the segments of all jobs that are open now
 */
export async function redoJobs({
  db,
  folders,
  jobs,
}: {
  db: Database
  folders: Folders
  jobs: readonly Job[]
}): Promise<number[]> {
  const open = new Set<number>()
  for (const { songId, segment } of jobs) {
    for (const index of [segment, segment + 1]) {
      const job = jobOfSegment(db, { songId, segment: index })
      if (job) forgetStretch(db, job.id)
    }
    for (const index of [segment - 1, segment, segment + 1]) {
      const job = jobOfSegment(db, { songId, segment: index })
      if (job?.state !== 'done') continue
      if (index !== segment && (await isPartialGood(folders, job))) continue
      reopenJob(db, job.id)
      open.add(index)
    }
  }
  return [...open]
}

async function isPartialGood(folders: Folders, job: Job): Promise<boolean> {
  return (await hashPartial(folders, job)) === job.resultSha256
}

async function hashPartial(folders: Folders, job: Job): Promise<string | null> {
  const path = partialPath(folders, { songId: job.songId, jobId: job.id, attempt: job.attempt })
  const bytes = await readExisting(path)
  return bytes && createHash('sha256').update(bytes).digest('hex')
}
