import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { decode, decodePart, openEncoder, probe } from '../../../src/audio/media.ts'
import { openSound } from '../../../src/audio/open/open-sound.ts'
import { BYTES_PER_STEREO_SAMPLE, SAMPLE_RATE } from '../../../src/song/pcm.ts'
import { matroskaOf, pcmTrack, pictureTrack } from '../../support/matroska.ts'
import { makeSong, wavOf } from '../../support/songs.ts'

const FRAME_SAMPLES = 1_152

describe('the length that a file announces', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-length-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function store(name: string, ...parts: Buffer[]): Promise<string> {
    const path = join(folder, name)
    await writeFile(path, Buffer.concat(parts))
    return path
  }

  /** The announced length, the decoded length, and the warnings. */
  async function lengths(path: string): Promise<{ says: number | null; seconds: number; warnings: string[] }> {
    const { announcedSeconds: says } = await probe({ path })
    const decoding = decode({ path, maxSeconds: 600 })
    let bytes = 0
    for await (const block of decoding.pcm) bytes += block.length
    return { says, seconds: bytes / BYTES_PER_STEREO_SAMPLE / SAMPLE_RATE, warnings: await decoding.warnings }
  }

  test('raw AAC announces no length, because FFmpeg only estimates it from the first frames', async () => {
    const path = await store('song.aac', await adtsOf(join(folder, 'song.m4a')))
    const { says, seconds, warnings } = await lengths(path)
    assert.equal(says, null)
    assert.ok(seconds > 39.9 && seconds < 40.1, `${seconds} s`)
    assert.deepEqual(warnings, [])
  })

  test('the length of an mp3 with a variable bit rate and no table is counted', async () => {
    const path = await store('vbr.mp3', ...mp3Frames(100, 320), ...mp3Frames(900, 32), ...mp3Frames(200, 128))
    const { says, seconds, warnings } = await lengths(path)
    assert.equal(says, (1_200 * FRAME_SAMPLES) / SAMPLE_RATE)
    assert.equal(seconds, says)
    assert.deepEqual(warnings, [])
    const tagged = await store('tagged.mp3', ...mp3Frames(300, 64), Buffer.from('TAG'.padEnd(128)))
    assert.equal((await probe({ path: tagged })).announcedSeconds, (300 * FRAME_SAMPLES) / SAMPLE_RATE)
  })

  test('an mp3 with other bytes before or between its frames announces no length', async () => {
    const frames = mp3Frames(1_000, 64)
    const before = await store('before.mp3', Buffer.alloc(30_000), ...mp3Frames(20, 320), ...frames)
    const between = await store('between.mp3', ...mp3Frames(20, 320), Buffer.alloc(5_000), ...frames)
    for (const path of [before, between]) {
      const { says, warnings } = await lengths(path)
      assert.equal(says, null)
      assert.ok(!warnings.join().includes('The file says'), warnings.join())
    }
  })

  test('the length of a film is that of its sound, not of a longer picture', async () => {
    const path = await store('video.mkv', matroskaOf({ tracks: [pictureTrack(60), pcmTrack(makeSong(5))] }))
    const { says, seconds, warnings } = await lengths(path)
    assert.equal(says, null, 'Matroska names the length of the whole file only')
    assert.equal(seconds, 5)
    assert.deepEqual(warnings, [])
    const alone = await store('alone.mkv', matroskaOf({ tracks: [pcmTrack(makeSong(5))] }))
    assert.equal((await probe({ path: alone })).announcedSeconds, 5)
  })

  test('the header of a WAV file announces the length even when samples are missing; a placeholder announces none', async () => {
    const wav = wavOf(makeSong(6))
    const cut = await lengths(await store('cut.wav', wav.subarray(0, wav.length / 2)))
    assert.equal(cut.says, 6)
    assert.deepEqual(cut.warnings, ['The file says it is 0:06 long, but it holds 0:03 of sound.'])
    for (const untold of [0, 0xffff_fff0, 0xffff_ffff]) {
      const piped = Buffer.from(wav)
      piped.writeUInt32LE(untold, 40)
      const { says, seconds, warnings } = await lengths(await store('piped.wav', piped))
      assert.deepEqual({ says, seconds, warnings }, { says: null, seconds: 6, warnings: [] }, `${untold} bytes`)
    }
  })

  test('an mp3 without an announced length can be decoded from its middle', async () => {
    const path = await store('middle.mp3', ...mp3Frames(2_000, 64), Buffer.alloc(100), ...mp3Frames(200, 32))
    assert.equal((await probe({ path })).announcedSeconds, null)
    let bytes = 0
    const excerpt = { startSample: 30 * SAMPLE_RATE, samples: 4 * SAMPLE_RATE }
    for await (const block of decodePart({ path, excerpt })) bytes += block.length
    assert.equal(bytes, excerpt.samples * BYTES_PER_STEREO_SAMPLE)
  })
})

/** Silent frames of MPEG-1 layer III, 44,100 Hz, stereo. */
function mp3Frames(count: number, kilobits: 32 | 64 | 128 | 320): Buffer[] {
  const index = { 32: 1, 64: 5, 128: 9, 320: 14 }[kilobits]
  const frame = Buffer.alloc(Math.floor((144_000 * kilobits) / SAMPLE_RATE))
  frame.writeUInt32BE(0xfffb_0000 + (index << 12))
  return Array.from({ length: count }, () => frame)
}

/** 40 s of AAC in ADTS frames (ISO 14496-3, 1.A.2): quiet to the point of silence, then loud. */
async function adtsOf(path: string): Promise<Buffer> {
  const encoder = openEncoder({ path, format: 'm4a', tags: { title: '', artist: '', album: '' }, picture: null })
  await encoder.write(Buffer.alloc(20 * SAMPLE_RATE * BYTES_PER_STEREO_SAMPLE))
  await encoder.write(Buffer.from(makeSong(20).buffer))
  await encoder.finish()
  const parts: Buffer[] = []
  for (const { data } of openSound(path).packets()) {
    if (!data) continue
    const bytes = data.length + 7
    const head = [0xff, 0xf1, 0x50, 0x80 | (bytes >> 11), (bytes >> 3) & 0xff, ((bytes & 7) << 5) | 0x1f, 0xfc]
    parts.push(Buffer.from(head), Buffer.from(data))
  }
  return Buffer.concat(parts)
}
