import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { decode, decodePart, openEncoder, type Picture } from '../../../src/audio/media.ts'
import { wavHeader } from '../../../src/audio/wav.ts'
import { BYTES_PER_STEREO_SAMPLE, SAMPLE_RATE } from '../../../src/song/pcm.ts'
import { makeLongSong, realSongs } from '../../support/real-songs.ts'
import { makeSong } from '../../support/songs.ts'

const PLACES = [7.123, 30.5, 33.3, 47.77]
const SECONDS = 4
const COVER: Picture = { mime: 'image/jpeg', bytes: Buffer.from([0xff, 0xd8, ...Array(1_000).fill(0xff)]) }

describe('a part from the middle of a file', () => {
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-excerpt-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function all(blocks: AsyncIterable<Buffer>): Promise<Buffer> {
    const found: Buffer[] = []
    for await (const block of blocks) found.push(block)
    return Buffer.concat(found)
  }

  function part(path: string, seconds: number, length = SECONDS): Promise<Buffer> {
    const excerpt = { startSample: Math.round(seconds * SAMPLE_RATE), samples: length * SAMPLE_RATE }
    return all(decodePart({ path, excerpt }))
  }

  async function assertSame(path: string): Promise<void> {
    const whole = await all(decode({ path, maxSeconds: 600 }).pcm)
    for (const seconds of PLACES) {
      const from = Math.round(seconds * SAMPLE_RATE) * BYTES_PER_STEREO_SAMPLE
      const found = await part(path, seconds)
      assert.equal(found.length, SECONDS * SAMPLE_RATE * BYTES_PER_STEREO_SAMPLE)
      assert.ok(found.equals(whole.subarray(from, from + found.length)), `at ${seconds} s`)
    }
  }

  /** A file at another rate, so the resampler must start at a sample that both rates have. */
  async function wavAt(rate: number): Promise<string> {
    const path = join(folder, `${rate}.wav`)
    const sound = makeSong(60)
    const header = wavHeader({ samples: sound.length / 2 })
    header.writeUInt32LE(rate, 24)
    header.writeUInt32LE(rate * BYTES_PER_STEREO_SAMPLE, 28)
    await writeFile(path, Buffer.concat([header, Buffer.from(sound.buffer)]))
    return path
  }

  for (const format of ['mp3', 'flac', 'opus'] as const) {
    test(`a part from the middle of a ${format} file has the same samples as when decoding from the beginning`, async () => {
      const path = join(folder, `song.${format}`)
      await makeLongSong(path, 60, format)
      await assertSame(path)
    })
  }

  test('a part from the middle of a file with a cover has the same samples', async () => {
    for (const format of ['mp3', 'flac'] as const) {
      const path = join(folder, `cover.${format}`)
      const encoder = openEncoder({ path, format, tags: { title: 'Cover', artist: '', album: '' }, picture: COVER })
      await encoder.write(Buffer.from(makeSong(60).buffer))
      await encoder.finish()
      await assertSame(path)
    }
  })

  test('a part from the middle of a real Vorbis file with wrong time stamps has the same samples', async () => {
    for (const song of realSongs().slice(0, 2)) await assertSame(song)
  })

  for (const rate of [48_000, 32_000, 22_050]) {
    test(`a part from the middle of a file at ${rate} Hz has the same samples after resampling`, async () => {
      await assertSame(await wavAt(rate))
    })
  }

  test('a part after the end of the song is empty, and one across the end stops there', async () => {
    const path = join(folder, 'song.mp3')
    const whole = await all(decode({ path, maxSeconds: 600 }).pcm)
    assert.equal((await part(path, 100)).length, 0)
    const last = await part(path, 58)
    assert.ok(last.equals(whole.subarray(58 * SAMPLE_RATE * BYTES_PER_STEREO_SAMPLE)))
  })
})
