import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { BlockEncoderProcess } from '../../src/audio/media/block-encoder-process.ts'
import { decode, openEncoder, type Picture, probe } from '../../src/audio/media.ts'
import { wavHeader, wavTags } from '../../src/audio/wav.ts'
import { UserError } from '../../src/song/errors.ts'
import { bytesOf, SAMPLE_RATE } from '../../src/song/pcm.ts'
import type { CodedFormat } from '../../src/song/sound-formats.ts'
import { mediaChildren } from '../support/media-children.ts'
import { makeSong, wavOf } from '../support/songs.ts'
import { until } from '../support/wait.ts'

const TAGS = { title: 'Títle 日本', artist: 'Ärtist', album: 'Álbum 🎤' }
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const COVER: Picture = { mime: 'image/png', bytes: PNG }
const REFUSALS: ReadonlySet<string> = new Set(['undecodable', 'no-sound'])
const INTEGER = 1
const FLOAT = 3

describe('decoding and encoding files', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-media-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function store(name: string, bytes: Buffer): Promise<string> {
    const path = join(folder, name)
    await writeFile(path, bytes)
    return path
  }

  async function decoded(path: string, maxSeconds = 3_600): Promise<{ samples: Int16Array; warnings: string[] }> {
    const decoding = decode({ path, maxSeconds })
    const chunks: Buffer[] = []
    for await (const chunk of decoding.pcm) chunks.push(chunk)
    const bytes = new Uint8Array(Buffer.concat(chunks))
    return { samples: new Int16Array(bytes.buffer), warnings: await decoding.warnings }
  }

  async function encode(name: string, format: CodedFormat, song: Int16Array): Promise<string> {
    const path = join(folder, name)
    const encoder = openEncoder({ path, format, tags: TAGS, picture: COVER })
    const bytes = bytesOf(song)
    for (let start = 0; start < bytes.length; start += 100_001)
      await encoder.write(bytes.subarray(start, start + 100_001))
    await encoder.finish()
    return path
  }

  test('16-bit stereo at 44,100 Hz is decoded unchanged, whatever characters the file name has', async () => {
    const song = makeSong(3)
    const { samples, warnings } = await decoded(await store('Ünï 日本 🎤 \'"$(x).wav', wavOf(song)))
    assert.deepEqual(samples, song)
    assert.deepEqual(warnings, [])
  })

  test('rates from 8 to 192 kHz, mono to 5.1, 24 bits and float all become 16-bit stereo at 44,100 Hz', async () => {
    const kinds = [
      { rate: 8_000, channels: 1, bits: 16, format: INTEGER },
      { rate: 48_000, channels: 2, bits: 24, format: INTEGER },
      { rate: 96_000, channels: 2, bits: 32, format: FLOAT },
      { rate: 192_000, channels: 1, bits: 24, format: INTEGER },
      { rate: 44_100, channels: 6, bits: 16, format: INTEGER },
    ]
    for (const kind of kinds) {
      const { samples } = await decoded(await store('kind.wav', sineWav({ ...kind, seconds: 2, amplitude: 0.25 })))
      const name = JSON.stringify(kind)
      assert.ok(Math.abs(samples.length / 2 - 2 * SAMPLE_RATE) <= 2, `${name}: ${samples.length / 2} samples`)
      const peak = samples.subarray(20_000, -20_000).reduce((highest, value) => Math.max(highest, Math.abs(value)), 0)
      // Only the front channels of the 5.1 file hold sound. The down-mix scales them so that nothing can clip.
      const expected = kind.channels === 6 ? 0.25 / (1 + 2 * Math.SQRT1_2) : 0.25
      assert.ok(Math.abs(peak / 32_768 - expected) < 0.02, `${name}: peak ${peak}`)
    }
  })

  test('sound beyond full scale is clipped, not wrapped around', async () => {
    const wav = sineWav({ rate: 44_100, channels: 2, bits: 32, format: FLOAT, seconds: 1, amplitude: 3 })
    const { samples } = await decoded(await store('loud.wav', wav))
    assert.ok(samples.includes(32_767) && samples.includes(-32_768))
    for (let i = 2; i < samples.length; i++) assert.ok(Math.abs((samples[i] ?? 0) - (samples[i - 2] ?? 0)) < 30_000)
  })

  test('every format keeps the length to the sample, the tags and the cover; FLAC keeps every sample', async () => {
    const song = makeSong(4).subarray(0, 2 * 170_001)
    for (const format of ['flac', 'mp3', 'm4a', 'opus'] as const) {
      const path = await encode(`out.${format}`, format, song)
      const { samples } = await decoded(path)
      // The clock of Opus is 48 kHz, so its end falls between two samples at 44,100 Hz.
      assert.ok(Math.abs(samples.length - song.length) <= (format === 'opus' ? 2 : 0), format)
      if (format === 'flac') assert.deepEqual(samples, song)
      else assert.ok(correlation(samples, song) > 0.98, `${format} sounds like the song: ${correlation(samples, song)}`)
      const { tags, picture } = await probe({ path })
      assert.deepEqual(tags, TAGS, format)
      assert.deepEqual(picture, COVER, format)
    }
  })

  test('WAV keeps the tags', async () => {
    const trailer = wavTags(TAGS)
    const song = makeSong(1)
    const header = wavHeader({ samples: song.length / 2, trailerBytes: trailer.length })
    const path = await store('tags.wav', Buffer.concat([header, bytesOf(song), trailer]))
    assert.deepEqual((await probe({ path })).tags, TAGS)
    assert.deepEqual((await decoded(path)).samples, song)
  })

  test('a file that was cut off gives the sound it holds, or is refused as a file without readable sound', async () => {
    for (const format of ['flac', 'mp3', 'm4a', 'opus'] as const) {
      const whole = await readFile(await encode(`whole.${format}`, format, makeSong(6)))
      for (const share of [0.01, 0.1, 0.6, 0.99]) {
        const path = await store(`cut.${format}`, whole.subarray(0, Math.floor(whole.length * share)))
        const outcome = await decoded(path).catch((error: unknown) => error)
        if (outcome instanceof Error)
          assert.ok(outcome instanceof UserError && REFUSALS.has(outcome.code), String(outcome))
        else assert.ok((outcome as { samples: Int16Array }).samples.length > 0)
      }
    }
    const wav = wavOf(makeSong(6))
    const { samples, warnings } = await decoded(await store('cut.wav', wav.subarray(0, wav.length / 2)))
    assert.ok(Math.abs(samples.length / 2 - 3 * SAMPLE_RATE) < 100)
    assert.ok(samples.length > 0 && warnings.length >= 0)
  })

  test('decoding stops as soon as a song passes the length limit', async () => {
    const path = await store('long.wav', wavOf(makeSong(5)))
    await assert.rejects(decoded(path, 2), (error: unknown) => error instanceof UserError && error.code === 'too-long')
  })

  test('an aborted decoding leaves no process', async () => {
    const path = await store('given-up.wav', wavOf(makeSong(60)))
    const stop = new AbortController()
    const decoding = decode({ path, maxSeconds: 100, signal: stop.signal })
    for await (const _ of decoding.pcm) break
    stop.abort(new Error('enough'))
    await until('no media process of ours is left', () => mediaChildren().length === 0)
  })

  test('blocks become FLAC files one after the other, in one process', async () => {
    const encoder = new BlockEncoderProcess({ folder })
    const songs = [makeSong(2, 1), makeSong(1, 2), makeSong(2, 3)]
    const files = await Promise.all(songs.map((song) => encoder.encode(bytesOf(song))))
    for (const [index, bytes] of files.entries()) {
      const { samples } = await decoded(await store('block.flac', bytes))
      assert.deepEqual(samples, songs[index])
    }
    encoder.close()
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.startsWith('stretch-')),
      [],
    )
  })
})

/** The correlation: 1 for equal sounds, 0 for unrelated ones. */
function correlation(a: Int16Array, b: Int16Array): number {
  let dot = 0
  let left = 0
  let right = 0
  for (let i = 0; i < a.length; i++) {
    dot += (a[i] ?? 0) * (b[i] ?? 0)
    left += (a[i] ?? 0) ** 2
    right += (b[i] ?? 0) ** 2
  }
  return dot / Math.sqrt(left * right)
}

/** A WAV file with a sine of 440 Hz in its first two channels. */
function sineWav({
  rate,
  channels,
  bits,
  format,
  seconds,
  amplitude,
}: {
  rate: number
  channels: number
  bits: number
  format: number
  seconds: number
  amplitude: number
}): Buffer {
  const frameBytes = (channels * bits) / 8
  const data = Buffer.alloc(rate * seconds * frameBytes)
  for (let i = 0; i < rate * seconds; i++) {
    const value = amplitude * Math.sin((2 * Math.PI * 440 * i) / rate)
    for (let channel = 0; channel < Math.min(channels, 2); channel++) {
      const at = i * frameBytes + (channel * bits) / 8
      if (format === FLOAT) data.writeFloatLE(value, at)
      else data.writeIntLE(Math.round(value * (2 ** (bits - 1) - 1)), at, bits / 8)
    }
  }
  const head = wavHeader({ samples: 0 })
  head.writeUInt32LE(36 + data.length, 4)
  head.writeUInt16LE(format, 20)
  head.writeUInt16LE(channels, 22)
  head.writeUInt32LE(rate, 24)
  head.writeUInt32LE(rate * frameBytes, 28)
  head.writeUInt16LE(frameBytes, 32)
  head.writeUInt16LE(bits, 34)
  head.writeUInt32LE(data.length, 40)
  return Buffer.concat([head, data])
}
