import { createHash } from 'node:crypto'
import { BYTES_PER_STEREO_SAMPLE } from '../audio/pcm.ts'
import { inputOf } from '../song/segment.ts'
import { attemptsOf } from '../store/attempts.ts'
import type { Database } from '../store/database.ts'
import { readRange } from '../store/file-ranges.ts'
import { type Job, unconfirmedJobs } from '../store/jobs.ts'
import { type Folders, pcmPath } from '../store/paths.ts'
import type { Song } from '../store/songs.ts'
import { confirmInput } from '../store/transitions/jobs.ts'

/** What a segment is to hear, 16-bit PCM with zeros outside the song. Throws when the disk has less than the ledger says. */
export async function readInput({
  folders,
  song,
  segment,
}: {
  folders: Folders
  song: Song
  segment: number
}): Promise<Buffer> {
  const { startSample, samples } = inputOf(song.plan.grid, segment)
  const from = Math.max(0, startSample)
  const to = Math.min(song.reach, startSample + samples)
  const sound = await readRange(
    pcmPath(folders, song.id),
    from * BYTES_PER_STEREO_SAMPLE,
    (to - from) * BYTES_PER_STEREO_SAMPLE,
  )
  if (!sound) throw new Error(`Music[${song.id}]: its decoded sound is shorter than the ledger says.`)
  const input = Buffer.alloc(samples * BYTES_PER_STEREO_SAMPLE)
  sound.copy(input, (from - startSample) * BYTES_PER_STEREO_SAMPLE)
  return input
}

export function hashInput(input: Buffer): string {
  return createHash('sha256').update(input).digest('hex')
}

/**
 * Holds what jobs heard ahead of the song's decoding against what it has decoded now. Those that heard the same are
 * confirmed; those still at work or waiting are left for when they are done.
 * @returns the jobs that heard something else
 */
export async function confirmInputs({
  db,
  folders,
  song,
}: {
  db: Database
  folders: Folders
  song: Song
}): Promise<Job[]> {
  const others: Job[] = []
  for (const job of unconfirmedJobs(db, song.id)) {
    const heard = attemptsOf(db, job.id).find(({ number }) => number === job.attempt)?.inputSha256
    if (heard === hashInput(await readInput({ folders, song, segment: job.segment }))) confirmInput(db, job.id)
    else others.push(job)
  }
  return others
}
