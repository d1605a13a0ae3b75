import { createHash } from 'node:crypto'
import { BYTES_PER_STEREO_SAMPLE } from '../../song/pcm.ts'
import { inputOf } from '../../song/segment.ts'
import type { Song } from '../queries/songs.ts'
import { readRange } from './file-ranges.ts'
import { type Folders, pcmPath } from './paths.ts'

/**
 * Reads the input of a segment: 16-bit stereo PCM, zeros outside the song. Throws if the disk holds fewer samples than the
 * ledger says.
 */
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
  const to = Math.min(song.soundEndSample, startSample + samples)
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
