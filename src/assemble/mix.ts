import { type FileHandle, open } from 'node:fs/promises'
import { BYTES_PER_STEREO_SAMPLE, bytesOf, CHANNELS, clip, samplesOf, WAV_HEADER_BYTES } from '../song/pcm.ts'

const BLOCK_BYTES = 1 << 18

/**
 * A WAV file that we wrote, and its place in the mix.
 * @property pan the balance, from -1 (left alone) to 1 (right alone)
 */
export type Source = { path: string; decibels: number; pan: number }

/** The factors of the left and the right channel. */
type Gain = readonly [left: number, right: number]

/**
 * Adds stems, clipped to 16 bits. Gains are rounded once. The sum of all stems without gains is the decoded song, to the sample.
 * Memory: one block per stem, for any length of song.
 * @param stems all of them are `samples` long
 */
export async function* mixStems({
  stems,
  samples,
  signal,
}: {
  stems: readonly Source[]
  samples: number
  signal: AbortSignal
}): AsyncGenerator<Buffer> {
  const files: FileHandle[] = []
  try {
    for (const { path } of stems) files.push(await open(path, 'r'))
    yield* sumOf({ files, gains: stems.map(gainOf), samples, signal })
  } finally {
    await Promise.all(files.map((file) => file.close().catch(() => undefined)))
  }
}

async function* sumOf({
  files,
  gains,
  samples,
  signal,
}: {
  files: readonly FileHandle[]
  gains: readonly Gain[]
  samples: number
  signal: AbortSignal
}): AsyncGenerator<Buffer> {
  const blocks = files.map(() => Buffer.alloc(BLOCK_BYTES))
  const parts = blocks.map(samplesOf)
  const hasNoGains = gains.flat().every((gain) => gain === 1)
  const totalBytes = samples * BYTES_PER_STEREO_SAMPLE
  for (let done = 0; done < totalBytes; done += BLOCK_BYTES) {
    signal.throwIfAborted()
    const bytes = Math.min(BLOCK_BYTES, totalBytes - done)
    const mixed = new Int16Array(bytes / 2)
    for (const [index, file] of files.entries()) {
      const { bytesRead } = await file.read(blocks[index] ?? mixed, 0, bytes, WAV_HEADER_BYTES + done)
      if (bytesRead !== bytes) throw new Error('A stem is shorter than its song.')
    }
    if (hasNoGains) sum(parts, mixed.length, mixed)
    else sumWithGains({ parts, gains, mix: mixed })
    yield bytesOf(mixed)
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
  mix,
}: {
  parts: readonly Int16Array[]
  gains: readonly Gain[]
  mix: Int16Array
}): void {
  for (const channel of [0, 1] as const) {
    const factors = gains.map((gain) => gain[channel])
    for (let i: number = channel; i < mix.length; i += CHANNELS) {
      let value = 0
      for (let part = 0; part < parts.length; part++) value += (parts[part]?.[i] ?? 0) * (factors[part] ?? 0)
      mix[i] = clip(Math.round(value))
    }
  }
}

/** A linear balance: it lowers the far channel, and leaves the near one as it is. */
function gainOf({ decibels, pan }: Source): Gain {
  const gain = 10 ** (decibels / 20)
  return [gain * Math.min(1, 1 - pan), gain * Math.min(1, 1 + pan)]
}
