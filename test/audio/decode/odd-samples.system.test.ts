import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { decode, probe } from '../../../src/audio/media.ts'
import { wavHeader } from '../../../src/audio/wav.ts'
import { UserError } from '../../../src/song/errors.ts'
import { SAMPLE_RATE } from '../../../src/song/pcm.ts'
import { matroskaOf } from '../../support/matroska.ts'
import { makeSong } from '../../support/songs.ts'

const PCM = 1
const FLOAT = 3
const EXTENSIBLE = 0xfffe
const LEFT = 1
const RIGHT = 2
const DIALOGUE = 42

describe('files with unusual samples or channels', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-odd-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function store(name: string, bytes: Buffer): Promise<string> {
    const path = join(folder, name)
    await writeFile(path, bytes)
    return path
  }

  async function decoded(path: string): Promise<{ samples: Int16Array; warnings: string[] }> {
    const decoding = decode({ path, maxSeconds: 600 })
    const blocks: Buffer[] = []
    for await (const block of decoding.pcm) blocks.push(block)
    const bytes = new Uint8Array(Buffer.concat(blocks))
    return { samples: new Int16Array(bytes.buffer), warnings: await decoding.warnings }
  }

  async function assertRefused(path: string, words: RegExp): Promise<void> {
    await assert.rejects(probe({ path }), (error: unknown) => {
      assert.ok(error instanceof UserError, String(error))
      assert.ok(['undecodable', 'no-sound'].includes(error.code), error.code)
      assert.match(error.message, words)
      return true
    })
  }

  test('24 bits in the upper part of 32 are decoded exactly, under every header that allows them', async () => {
    const song = makeSong(2)
    const data = fourBytesEach(song, (bytes, value, at) => bytes.writeInt32LE(value * 65_536, at))
    for (const [tag, bits, validBits] of [
      [EXTENSIBLE, 32, 24],
      [EXTENSIBLE, 32, 20],
      [EXTENSIBLE, 24, 24],
      [PCM, 24, 24],
      [PCM, 32, 32],
    ] as const) {
      const path = await store('padded.wav', wav({ tag, bits, validBits, data }))
      const { samples, warnings } = await decoded(path)
      const name = `tag ${tag}, ${validBits} bits in ${bits}`
      assertSame(samples, song, name)
      assert.deepEqual(warnings, [], name)
      assert.equal((await probe({ path })).announcedSeconds, 2, name)
    }
  })

  test('floating-point samples under the header of 24 bits in 32, as Cool Edit writes them, are decoded as such', async () => {
    const song = makeSong(2)
    const data = fourBytesEach(song, (bytes, value, at) => bytes.writeFloatLE(value * 256, at))
    const { samples } = await decoded(await store('float24.wav', wav({ tag: PCM, bits: 24, validBits: 24, data })))
    assertSame(samples, song, 'Cool Edit')
  })

  test('24 bits in the lower part of 32 are refused with a message for a person', async () => {
    const data = fourBytesEach(makeSong(2), (bytes, value, at) => bytes.writeInt32LE(value * 256, at))
    const path = await store('lower.wav', wav({ tag: EXTENSIBLE, bits: 32, validBits: 24, data }))
    await assertRefused(path, /lower part of 32.*Save it/)
  })

  test('samples that are not finite numbers become silent, are counted, and do not affect others', async () => {
    const song = makeSong(2)
    const bad = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38]
    for (const rate of [SAMPLE_RATE, 48_000]) {
      for (const bits of [32, 64] as const) {
        const clean = Float64Array.from(song, (value) => value / 32_768)
        for (const index of bad.keys()) clean[50_000 + 1_000 * index] = 0
        const dirty = clean.slice()
        for (const [index, value] of bad.entries()) dirty[50_000 + 1_000 * index] = value
        const [expected, found] = await Promise.all([
          decoded(await store(`clean-${bits}.wav`, floatWav({ values: clean, bits, rate }))),
          decoded(await store(`dirty-${bits}.wav`, floatWav({ values: dirty, bits, rate }))),
        ])
        assertSame(found.samples, expected.samples, `${bits} bits at ${rate} Hz`)
        assert.deepEqual(expected.warnings, [])
        assert.deepEqual(found.warnings, ['4 samples of the file are not numbers and were replaced by silence.'])
      }
    }
  })

  test("Monkey's Audio is decoded to its last sample", async () => {
    const path = await store('silence.ape', ape({ seconds: 3 }))
    const { samples, warnings } = await decoded(path)
    assert.equal(samples.length, 3 * 2 * SAMPLE_RATE)
    assert.ok(samples.every((sample) => sample === 0))
    assert.deepEqual(warnings, [])
    assert.equal((await probe({ path })).announcedSeconds, 3)
  })

  test('channels that no rule mixes to stereo are refused when the file is probed', async () => {
    await assertRefused(await store('left-twice.caf', caf([LEFT, LEFT])), /2 channels .* same place.*Save it in stereo/)
    await assertRefused(await store('dialogue.caf', caf([LEFT, RIGHT, DIALOGUE])), /3 channels .* not known/)
    await assertRefused(await store('ambisonic.mka', ambisonic()), /ambisonic, with 4 channels.*Save it in stereo/)
    const { samples } = await decoded(await store('swapped.caf', caf([RIGHT, LEFT])))
    assert.equal(samples.length, 2 * SAMPLE_RATE)
  })
})

/** Compares two sounds. A failure names the first different sample, where `deepEqual` would print both sounds. */
function assertSame(found: Int16Array, expected: Int16Array, what: string): void {
  assert.equal(found.length, expected.length, what)
  assert.equal(
    found.findIndex((sample, index) => sample !== expected[index]),
    -1,
    `${what}: the first sample that differs`,
  )
}

function fourBytesEach(song: Int16Array, write: (bytes: Buffer, value: number, at: number) => void): Buffer {
  const data = Buffer.alloc(song.length * 4)
  for (const [index, value] of song.entries()) write(data, value, index * 4)
  return data
}

/** A stereo WAV file whose samples have four bytes each. */
function wav({ tag, bits, validBits, data }: { tag: number; bits: number; validBits: number; data: Buffer }): Buffer {
  const format = Buffer.alloc(tag === EXTENSIBLE ? 40 : 16)
  format.writeUInt16LE(tag, 0)
  format.writeUInt16LE(2, 2)
  format.writeUInt32LE(SAMPLE_RATE, 4)
  format.writeUInt32LE(SAMPLE_RATE * 8, 8)
  format.writeUInt16LE(8, 12)
  format.writeUInt16LE(bits, 14)
  if (tag === EXTENSIBLE) {
    format.writeUInt16LE(22, 16)
    format.writeUInt16LE(validBits, 18)
    format.writeUInt32LE(3, 20)
    Buffer.from('0100000000001000800000aa00389b71', 'hex').copy(format, 24)
  }
  const chunk = (id: string, body: Buffer) => {
    const head = Buffer.alloc(8)
    head.write(id, 'latin1')
    head.writeUInt32LE(body.length, 4)
    return Buffer.concat([head, body])
  }
  return chunk('RIFF', Buffer.concat([Buffer.from('WAVE'), chunk('fmt ', format), chunk('data', data)]))
}

function floatWav({ values, bits, rate }: { values: Float64Array; bits: 32 | 64; rate: number }): Buffer {
  const sampleBytes = bits / 8
  const data = bits === 64 ? Buffer.from(values.buffer) : Buffer.from(Float32Array.from(values).buffer)
  const header = wavHeader({ samples: data.length / 4 })
  header.writeUInt16LE(FLOAT, 20)
  header.writeUInt32LE(rate, 24)
  header.writeUInt32LE(rate * 2 * sampleBytes, 28)
  header.writeUInt16LE(2 * sampleBytes, 32)
  header.writeUInt16LE(bits, 34)
  return Buffer.concat([header, data])
}

/** A second of 16-bit PCM in a Core Audio file with a label for each channel. */
function caf(labels: readonly number[]): Buffer {
  const chunk = (id: string, body: Buffer) => {
    const head = Buffer.alloc(12)
    head.write(id, 'latin1')
    head.writeBigInt64BE(BigInt(body.length), 4)
    return Buffer.concat([head, body])
  }
  const description = Buffer.alloc(32)
  description.writeDoubleBE(SAMPLE_RATE, 0)
  description.write('lpcm', 8, 'latin1')
  for (const [index, value] of [2, 2 * labels.length, 1, labels.length, 16].entries()) {
    description.writeUInt32BE(value, 12 + 4 * index)
  }
  const layout = Buffer.alloc(12 + 20 * labels.length)
  layout.writeUInt32BE(labels.length, 8)
  for (const [index, label] of labels.entries()) layout.writeUInt32BE(label, 12 + 20 * index)
  const data = Buffer.alloc(4 + 2 * labels.length * SAMPLE_RATE, 1)
  return Buffer.concat([
    Buffer.from('caff\0\x01\0\0', 'latin1'),
    chunk('desc', description),
    chunk('chan', layout),
    chunk('data', data),
  ])
}

/** Opus with four channels of mapping family 2 (RFC 8486): silent frames of 20 ms. */
function ambisonic(): Buffer {
  const head = Buffer.from('OpusHead\x01\x04\0\0\x80\xbb\0\0\0\0\x02\x04\0\0\x01\x02\x03', 'latin1')
  const packet = Buffer.from([0xf8, 1, 0xff, 0xf8, 1, 0xff, 0xf8, 1, 0xff, 0xf8, 0xff])
  const packets = Array.from({ length: 100 }, () => packet)
  const track = { codec: 'A_OPUS', packetMs: 20, packets, rate: 48_000, channels: 4, codecPrivate: head }
  return matroskaOf({ tracks: [track] })
}

/** Silence in Monkey's Audio 3.99: one frame, whose flags mark both channels as silent. */
function ape({ seconds }: { seconds: number }): Buffer {
  const samples = seconds * SAMPLE_RATE
  const descriptor = Buffer.alloc(52)
  descriptor.write('MAC ', 0, 'latin1')
  descriptor.writeUInt16LE(3_990, 4)
  const frame = Buffer.from([0, 0, 0, 0x80, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  for (const [index, bytes] of [52, 24, 4, 0, frame.length].entries()) descriptor.writeUInt32LE(bytes, 8 + 4 * index)
  const header = Buffer.alloc(24)
  header.writeUInt16LE(2_000, 0) // compression level
  header.writeUInt16LE(0x20, 2) // makes its own WAV header
  header.writeUInt32LE(294_912, 4) // samples of a frame
  header.writeUInt32LE(samples, 8) // of the last frame
  header.writeUInt32LE(1, 12)
  header.writeUInt16LE(16, 16)
  header.writeUInt16LE(2, 18)
  header.writeUInt32LE(SAMPLE_RATE, 20)
  const seek = Buffer.alloc(4)
  seek.writeUInt32LE(52 + 24 + 4)
  return Buffer.concat([descriptor, header, seek, frame])
}
