import { open, rename, rm } from 'node:fs/promises'
import { wavHeader } from '../audio/wav.ts'

/** Writes sound to a WAV file of `samples` samples. The file appears under `path` complete or not at all. */
export async function renderMix({
  pcm,
  samples,
  path,
}: {
  pcm: AsyncIterable<Buffer>
  samples: number
  path: string
}): Promise<void> {
  const unfinished = `${path}.part`
  try {
    const target = await open(unfinished, 'w')
    try {
      await target.writeFile(wavHeader({ samples }))
      for await (const block of pcm) await target.writeFile(block)
    } finally {
      await target.close()
    }
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
}
