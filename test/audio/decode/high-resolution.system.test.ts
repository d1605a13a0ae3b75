import assert from 'node:assert/strict'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { decode } from '../../../src/audio/media.ts'
import { wavHeader } from '../../../src/audio/wav.ts'
import { BYTES_PER_STEREO_SAMPLE, SAMPLE_RATE } from '../../../src/song/pcm.ts'
import { mediaChildren } from '../../support/media-children.ts'
import { memoryOf } from '../../support/proc.ts'

const MINUTES = 3
const CHUNKS_BETWEEN_CHECKS = 20
const MAX_BYTES = 200 << 20
const INTEGER = 1
const FLOAT = 3

describe('decoding high-resolution sound stays below 200 MiB', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-high-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  for (const kind of [
    { rate: 192_000, channels: 6, bits: 24, format: INTEGER },
    { rate: 384_000, channels: 2, bits: 32, format: FLOAT },
  ]) {
    test(`${kind.channels} channels of ${kind.bits} bits at ${kind.rate} Hz, for ${MINUTES} minutes`, async () => {
      const path = await silence(join(folder, `${kind.rate}.wav`), kind)
      let bytes = 0
      let chunks = 0
      let mostMemory = 0
      for await (const chunk of decode({ path, maxSeconds: 60 * MINUTES }).pcm) {
        bytes += chunk.length
        if (chunks++ % CHUNKS_BETWEEN_CHECKS === 0) mostMemory = Math.max(mostMemory, peakOfMedia())
      }
      assert.equal(bytes, 60 * MINUTES * SAMPLE_RATE * BYTES_PER_STEREO_SAMPLE)
      assert.ok(mostMemory > 0 && mostMemory < MAX_BYTES, `${mostMemory >> 20} MiB`)
    })
  }
})

/** The highest resident memory of our media process so far, in bytes. */
function peakOfMedia(): number {
  return Math.max(0, ...mediaChildren().map((pid) => memoryOf(pid, 'VmHWM') ?? 0))
}

/** A sparse WAV file: everything after its header is a hole. */
async function silence(
  path: string,
  { rate, channels, bits, format }: { rate: number; channels: number; bits: number; format: number },
): Promise<string> {
  const frameBytes = (channels * bits) / 8
  const bytes = 60 * MINUTES * rate * frameBytes
  const head = wavHeader({ samples: 0 })
  head.writeUInt32LE(36 + bytes, 4)
  head.writeUInt16LE(format, 20)
  head.writeUInt16LE(channels, 22)
  head.writeUInt32LE(rate, 24)
  head.writeUInt32LE(rate * frameBytes, 28)
  head.writeUInt16LE(frameBytes, 32)
  head.writeUInt16LE(bits, 34)
  head.writeUInt32LE(bytes, 40)
  const file = await open(path, 'w')
  await file.write(head)
  await file.truncate(head.length + bytes)
  await file.close()
  return path
}
