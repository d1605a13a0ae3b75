import { createHash } from 'node:crypto'
import { BYTES_PER_SAMPLE, bytesOf, samplesOf, WAV_HEADER_BYTES } from '../song/pcm.ts'
import type { Database } from '../store/ledger/database.ts'
import { type Job, jobOfSegment, jobsOfSong } from '../store/queries/jobs.ts'
import type { Song } from '../store/queries/songs.ts'
import { readExisting, readRange } from '../store/song-files/file-ranges.ts'
import { type Folders, partialPath, pcmPath, stemPath } from '../store/song-files/paths.ts'
import { discardBlock, reopenJob } from '../store/transitions/jobs.ts'
import { hashBlock } from './blocks.ts'
import { sum } from './mix.ts'
import { blockBytes } from './overlap-add.ts'

/**
 * Compares a song's files with the ledger after a start. Files are written without fsync, so a power cut can lose files that
 * the ledger knows. Every needed result and every final block is compared by hash. Jobs with lost results are reopened.
 * @returns how many jobs were reopened
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
      if (needed?.state === 'done' && !(await isResultIntact(folders, needed))) broken.add(needed)
    }
  }
  for (const job of broken) reopenJob(db, { job, cause: 'reopenAfterLostResult' })
  return broken.size
}

/**
 * Reopens jobs whose input has changed. The blocks that contain their results are no longer final. Neighbouring jobs are
 * reopened too if their results are needed again but are gone.
 * @returns how many jobs were reopened
 */
export async function reopenChangedJobs({
  db,
  folders,
  jobs,
}: {
  db: Database
  folders: Folders
  jobs: readonly Job[]
}): Promise<number> {
  let opened = 0
  for (const { songId, segment } of jobs) {
    for (const index of [segment, segment + 1]) {
      const job = jobOfSegment(db, { songId, segment: index })
      if (job) discardBlock(db, job)
    }
    for (const index of [segment - 1, segment, segment + 1]) {
      const job = jobOfSegment(db, { songId, segment: index })
      if (job?.state !== 'done') continue
      if (index !== segment && (await isResultIntact(folders, job))) continue
      reopenJob(db, { job, cause: 'reopenAfterChangedInput' })
      opened++
    }
  }
  return opened
}

/**
 * Returns the hash of a block if its stems add up to the decoded song at every sample, else null. The stems of a final block
 * add up and half-written ones do not, so stems can be trusted without a known hash.
 * @param acceptsSilence whether silent stems are accepted: files that were never written look the same
 */
export async function hashOfValidBlock({
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

/** Whether the stored result of a job matches the ledger's hash. Jobs of a rebuilt ledger have no stored result. */
async function isResultIntact(folders: Folders, job: Job): Promise<boolean> {
  return job.resultSha256 !== null && (await hashResult(folders, job)) === job.resultSha256
}

async function hashResult(folders: Folders, job: Job): Promise<string | null> {
  const path = partialPath(folders, { songId: job.songId, jobId: job.id, attempt: job.attempt })
  const bytes = await readExisting(path)
  return bytes && createHash('sha256').update(bytes).digest('hex')
}
