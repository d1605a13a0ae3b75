import { decode } from '../src/audio/media.ts'
import { samplesOf } from '../src/audio/pcm.ts'

/** A whole song in memory: 16-bit stereo, interleaved. */
export async function samplesIn(path: string): Promise<Int16Array> {
  const blocks: Buffer[] = []
  for await (const block of decode({ path, maxSeconds: 3_600 }).pcm) blocks.push(Buffer.from(block))
  return samplesOf(Buffer.concat(blocks))
}
