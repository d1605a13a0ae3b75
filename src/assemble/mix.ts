import { createReadStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { bytesOf, samplesOf } from '../audio/pcm.ts'
import { WAV_HEADER_BYTES, wavHeader } from '../audio/wav.ts'

const BLOCK_BYTES = 1 << 20
const LOWEST = -32_768
const HIGHEST = 32_767

/**
 * Adds stems up into one file, clipped to 16 bits. All stems of a song give the decoded song, to the sample.
 * Appears under `path` whole or not at all.
 * @param stems WAV files of our own, all `samples` long
 */
export async function renderMix({
  stems,
  samples,
  path,
  signal,
}: {
  stems: readonly string[]
  samples: number
  path: string
  signal: AbortSignal
}): Promise<void> {
  const unfinished = `${path}.part`
  const file = await open(unfinished, 'w')
  try {
    await file.write(wavHeader({ samples }))
    for await (const block of sumBlocks(stems, signal)) await file.write(block)
    await file.close()
    await rename(unfinished, path)
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(unfinished, { force: true })
    throw error
  }
}

async function* sumBlocks(stems: readonly string[], signal: AbortSignal): AsyncGenerator<Buffer> {
  const streams = stems.map((path) =>
    createReadStream(path, { start: WAV_HEADER_BYTES, highWaterMark: BLOCK_BYTES, signal }),
  )
  const readers = streams.map((stream) => stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>)
  try {
    for (;;) {
      const blocks = await Promise.all(readers.map((reader) => reader.next()))
      const parts = blocks.flatMap(({ done, value }) => (done ? [] : [samplesOf(value)]))
      const [first] = parts
      if (!first) return
      if (parts.some(({ length }) => length !== first.length)) throw new Error('The stems of a mix differ in length.')
      yield bytesOf(sum(parts, first.length))
    }
  } finally {
    for (const stream of streams) stream.destroy()
  }
}

export function sum(parts: readonly Int16Array[], length: number): Int16Array {
  const mix = new Int16Array(length)
  for (let i = 0; i < length; i++) {
    let value = 0
    for (const part of parts) value += part[i] ?? 0
    mix[i] = value > HIGHEST ? HIGHEST : value < LOWEST ? LOWEST : value
  }
  return mix
}
