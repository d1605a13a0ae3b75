import { createHash } from 'node:crypto'
import { hashBlock } from '../assemble/blocks.ts'
import { sum } from '../assemble/mix.ts'
import { blockBytes } from '../assemble/overlap-add.ts'
import { isResultIntact } from '../assemble/stored-result.ts'
import { BYTES_PER_SAMPLE, bytesOf, samplesOf, WAV_HEADER_BYTES } from '../song/pcm.ts'
import type { Database } from '../store/ledger/database.ts'
import { jobsOfSong, type SeparationJob } from '../store/queries/jobs.ts'
import type { Song } from '../store/queries/songs.ts'
import { readRange } from '../store/song-files/file-ranges.ts'
import { type Folders, pcmPath, stemPath } from '../store/song-files/paths.ts'
import { discardBlock, reopenJob } from '../store/transitions/jobs.ts'

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
  const broken = new Set<SeparationJob>()
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
