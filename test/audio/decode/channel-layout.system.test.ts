import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { decode, decodePart } from '../../../src/audio/media.ts'
import { BYTES_PER_STEREO_SAMPLE, SAMPLE_RATE } from '../../../src/song/pcm.ts'
import { cafOf } from '../../support/caf.ts'
import { randomNumbers } from '../../support/songs.ts'

const RATE = 48_000
const SECONDS = 12
const STEREO = [1, 2]
const SURROUND = [1, 2, 3, 4, 5, 6, 10, 11]

describe('a file with its own order of channels', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-order-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  /** A file with the same sound and its channels in the order of `labels`. */
  async function store(labels: readonly number[], usual: readonly number[]): Promise<string> {
    const path = join(folder, `${labels.join('-')}.caf`)
    const samples = songOf(usual.length)
    const ordered = samples.map((_, at) => {
      const channel = usual.indexOf(labels[at % labels.length] ?? 0)
      return samples[at - (at % labels.length) + channel] ?? 0
    })
    await writeFile(path, cafOf({ samples: ordered, labels, rate: RATE }))
    return path
  }

  test('stereo with right before left at 48 kHz gives the same samples as left before right', async () => {
    const [turned, usual] = await Promise.all([store([2, 1], STEREO), store(STEREO, STEREO)])
    assert.ok((await whole(turned)).equals(await whole(usual)))
  })

  test('7.1 in another order gives the same length and, within rounding, the same samples', async () => {
    const [turned, usual] = await Promise.all([store([3, 1, 2, 5, 6, 10, 11, 4], SURROUND), store(SURROUND, SURROUND)])
    const [a, b] = await Promise.all([whole(turned), whole(usual)])
    assert.equal(a.length, b.length)
    for (let at = 0; at < a.length; at += 2) assert.ok(Math.abs(a.readInt16LE(at) - b.readInt16LE(at)) <= 1)
  })

  test('a part from the middle has the same samples as when decoding from the beginning', async () => {
    const path = await store([2, 1], STEREO)
    const all = await whole(path)
    for (const seconds of [5.3, 7.777]) {
      const excerpt = { startSample: Math.round(seconds * SAMPLE_RATE), samples: 4 * SAMPLE_RATE }
      const part = await collect(decodePart({ path, excerpt }))
      const from = excerpt.startSample * BYTES_PER_STEREO_SAMPLE
      assert.ok(part.equals(all.subarray(from, from + excerpt.samples * BYTES_PER_STEREO_SAMPLE)), `at ${seconds} s`)
    }
  })
})

function whole(path: string): Promise<Buffer> {
  return collect(decode({ path, maxSeconds: 60 }).pcm)
}

async function collect(blocks: AsyncIterable<Buffer>): Promise<Buffer> {
  const found: Buffer[] = []
  for await (const block of blocks) found.push(block)
  return Buffer.concat(found)
}

/** A different sound in each channel. */
function songOf(channels: number): Int16Array {
  const random = randomNumbers(channels)
  return Int16Array.from({ length: RATE * SECONDS * channels }, () => (random() - 0.5) * 20_000)
}
