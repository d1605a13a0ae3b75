import { createHash } from 'node:crypto'
import { BYTES_PER_SAMPLE, bytesOf, samplesOf } from '../audio/pcm.ts'
import { WAV_HEADER_BYTES } from '../audio/wav.ts'
import type { Database } from '../store/database.ts'
import { readExisting, readRange } from '../store/file-ranges.ts'
import { type Job, jobOfSegment, jobsOfSong } from '../store/jobs.ts'
import { type Folders, partialPath, pcmPath, stemPath } from '../store/paths.ts'
import type { Song } from '../store/songs.ts'
import { discardBlock, reopenJob } from '../store/transitions/jobs.ts'
import { hashBlock } from './blocks.ts'
import { sum } from './mix.ts'
import { blockBytes } from './overlap-add.ts'

/**
 * Holds what is on disk against the ledger after a start. Files are written without waiting for the disk, so a power cut
 * can lose what the ledger knows: such jobs are opened again. Every result that is still needed is checked by its hash,
 * and so is every final block of a song that is not whole yet.
 * @returns how many jobs have to be done again
 */
export async function checkSong({
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
    const hash = job.blockSha256 && (await hashBlock({ folders, song, segment, grid: song.plan.grid }))
    const isFinal = job.blockSha256 !== null && hash === job.blockSha256
    if (isFinal) continue
    if (job.blockSha256 !== null) discardBlock(db, job)
    for (const needed of [jobs.get(segment - 1), job]) {
      if (needed?.state === 'done' && !(await isPartialGood(folders, needed))) broken.add(needed)
    }
  }
  for (const job of broken) reopenJob(db, { job, cause: 'reopenAfterLostResult' })
  return broken.size
}

/**
 * Opens jobs again whose result is not what it should be, with the blocks that have a part of it, and the jobs beside
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
      if (job) discardBlock(db, job)
    }
    for (const index of [segment - 1, segment, segment + 1]) {
      const job = jobOfSegment(db, { songId, segment: index })
      if (job?.state !== 'done') continue
      if (index !== segment && (await isPartialGood(folders, job))) continue
      reopenJob(db, { job, cause: 'reopenAfterChangedInput' })
      open.add(index)
    }
  }
  return [...open]
}

/**
 * The hash of a block whose stems add up to the decoded song at every sample, as those of a final block do and half-written
 * ones do not; null for others. So stems can be believed of which no hash is known.
 * @param acceptsSilence whether stems of silence are believed too, which files that were never written look like
 */
export async function blockThatAddsUp({
  folders,
  song: { id: songId, plan, tracks, samples },
  segment,
  acceptsSilence,
}: {
  folders: Folders
  song: Pick<Song, 'id' | 'plan' | 'tracks' | 'samples'>
  segment: number
  acceptsSilence: boolean
}): Promise<string | null> {
  const { start, length } = blockBytes(plan.grid, segment, samples)
  const decoded = await readRange(pcmPath(folders, songId), start, length)
  if (decoded === null) return null
  const stems: Buffer[] = []
  for (const { id: trackId } of tracks) {
    const stem = await readRange(stemPath(folders, { songId, trackId }), WAV_HEADER_BYTES + start, length)
    if (stem === null) return null
    stems.push(stem)
  }
  if (!acceptsSilence && decoded.every((byte) => byte === 0)) return null
  const sums = sum(stems.map(samplesOf), length / BYTES_PER_SAMPLE)
  if (!bytesOf(sums).equals(decoded)) return null
  const hash = createHash('sha256')
  for (const stem of stems) hash.update(stem)
  return hash.digest('hex')
}

/** A job whose stems were there when its ledger was rebuilt has no result that could be used again. */
async function isPartialGood(folders: Folders, job: Job): Promise<boolean> {
  return job.resultSha256 !== null && (await hashPartial(folders, job)) === job.resultSha256
}

async function hashPartial(folders: Folders, job: Job): Promise<string | null> {
  const path = partialPath(folders, { songId: job.songId, jobId: job.id, attempt: job.attempt })
  const bytes = await readExisting(path)
  return bytes && createHash('sha256').update(bytes).digest('hex')
}
