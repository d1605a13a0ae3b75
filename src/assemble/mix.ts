import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { wavHeader } from '../audio/wav.ts'
import { BYTES_PER_STEREO_SAMPLE, bytesOf, clip, samplesOf, WAV_HEADER_BYTES } from '../song/pcm.ts'

const BLOCK_BYTES = 1 << 18

/** A WAV file that we wrote, and its gain in the mix. */
export type Source = { path: string; decibels: number }

/**
 * Adds stems to one file, clipped to 16 bits. Gains are rounded once. The sum of all stems without gains is the decoded
 * song, to the sample. The file appears under `path` complete or not at all. Memory: one block per stem, for any length of
 * song.
 * @param stems all of them are `samples` long
 */
export async function renderMix({
  stems,
  samples,
  path,
  signal,
}: {
  stems: readonly Source[]
  samples: number
  path: string
  signal: AbortSignal
}): Promise<void> {
  const unfinished = `${path}.part`
  const files: FileHandle[] = []
  try {
    const target = await open(unfinished, 'w')
    files.push(target)
    for (const stem of stems) files.push(await open(stem.path, 'r'))
    await target.writeFile(wavHeader({ samples }))
    const gains = stems.map(({ decibels }) => 10 ** (decibels / 20))
    await sumInto({ target, sources: files.slice(1), gains, samples, signal })
    await closeAll(files)
    await rename(unfinished, path)
  } catch (error) {
    await closeAll(files)
    await rm(unfinished, { force: true })
    throw error
  }
}

async function sumInto({
  target,
  sources,
  gains,
  samples,
  signal,
}: {
  target: FileHandle
  sources: readonly FileHandle[]
  gains: readonly number[]
  samples: number
  signal: AbortSignal
}): Promise<void> {
  const blocks = sources.map(() => Buffer.alloc(BLOCK_BYTES))
  const parts = blocks.map(samplesOf)
  const mixed = new Int16Array(BLOCK_BYTES / 2)
  const hasNoGains = gains.every((gain) => gain === 1)
  const totalBytes = samples * BYTES_PER_STEREO_SAMPLE
  for (let done = 0; done < totalBytes; done += BLOCK_BYTES) {
    signal.throwIfAborted()
    const bytes = Math.min(BLOCK_BYTES, totalBytes - done)
    for (const [index, source] of sources.entries()) {
      const { bytesRead } = await source.read(blocks[index] ?? mixed, 0, bytes, WAV_HEADER_BYTES + done)
      if (bytesRead !== bytes) throw new Error('A stem is shorter than its song.')
    }
    if (hasNoGains) sum(parts, bytes / 2, mixed)
    else sumWithGains({ parts, gains, length: bytes / 2, mix: mixed })
    await target.writeFile(bytesOf(mixed).subarray(0, bytes))
  }
}

/** Adds the first `length` values of the parts and clips the sums. Writes into `mix` if given. */
export function sum(parts: readonly Int16Array[], length: number, mix = new Int16Array(length)): Int16Array {
  for (let i = 0; i < length; i++) {
    let value = 0
    for (const part of parts) value += part[i] ?? 0
    mix[i] = clip(value)
  }
  return mix
}

function sumWithGains({
  parts,
  gains,
  length,
  mix,
}: {
  parts: readonly Int16Array[]
  gains: readonly number[]
  length: number
  mix: Int16Array
}): void {
  for (let i = 0; i < length; i++) {
    let value = 0
    for (let part = 0; part < parts.length; part++) value += (parts[part]?.[i] ?? 0) * (gains[part] ?? 0)
    mix[i] = clip(Math.round(value))
  }
}

async function closeAll(files: readonly FileHandle[]): Promise<void> {
  await Promise.all(files.map((file) => file.close().catch(() => undefined)))
}
