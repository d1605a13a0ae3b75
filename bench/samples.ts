import { decode } from '../src/audio/media.ts'
import { samplesOf } from '../src/song/pcm.ts'

/** Decodes a whole song into memory: 16-bit stereo, interleaved. */
export async function samplesIn(path: string): Promise<Int16Array> {
  const chunks: Buffer[] = []
  for await (const chunk of decode({ path, maxSeconds: 3_600 }).pcm) chunks.push(Buffer.from(chunk))
  return samplesOf(Buffer.concat(chunks))
}
