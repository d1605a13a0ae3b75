import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Database } from '../store/database.ts'
import { forgetStretch, type Job, jobsOfSong, reopenJob } from '../store/jobs.ts'
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
  const jobs = jobsOfSong(db, song.id)
  const broken = new Set<Job>()
  const isPartialGood = async (job: Job) => (await hashPartial(folders, job)) === job.resultSha256
  for (const [index, job] of jobs.entries()) {
    const hash = job.stretchSha256 && (await hashStretch({ folders, song, segment: index, grid: song.plan.grid }))
    const isFinal = job.stretchSha256 !== null && hash === job.stretchSha256
    if (isFinal) continue
    if (job.stretchSha256 !== null) forgetStretch(db, job.id)
    for (const needed of [jobs[index - 1], job]) {
      if (needed?.state === 'done' && !(await isPartialGood(needed))) broken.add(needed)
    }
  }
  for (const job of broken) reopenJob(db, job.id)
  return broken.size
}

async function hashPartial(folders: Folders, job: Job): Promise<string | null> {
  const path = partialPath(folders, { songId: job.songId, jobId: job.id, attempt: job.attempt })
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return null
  })
  return bytes && createHash('sha256').update(bytes).digest('hex')
}
