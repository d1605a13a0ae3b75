import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { AV_CHANNEL_LAYOUT_STEREO, AV_SAMPLE_FMT_S16P, FF_ENCODER_WAVPACK } from 'node-av/constants'
import type { Frame, Packet } from 'node-av/lib'
import { Timeline } from '../../../src/audio/decode/timeline.ts'
import { decode, openEncoder } from '../../../src/audio/media.ts'
import type { OpenSound } from '../../../src/audio/open/open-sound.ts'
import { BYTES_PER_STEREO_SAMPLE, bytesOf, SAMPLE_RATE } from '../../../src/song/pcm.ts'
import { encodeFile } from '../../support/encode-file.ts'
import { matroskaOf, pcmTrack } from '../../support/matroska.ts'
import { makeSong } from '../../support/songs.ts'

const SECONDS = 6
const SECOND_BYTES = SAMPLE_RATE * BYTES_PER_STEREO_SAMPLE
const PACKET_MS = 20
const PACKET_BYTES = (SECOND_BYTES * PACKET_MS) / 1_000
const PACKET_FILE_BYTES = 400

describe('a file in which the demuxer skips bytes', () => {
  const pcm = bytesOf(makeSong(SECONDS))
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-lost-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function decoded(name: string, bytes: Buffer): Promise<{ pcm: Buffer; warnings: string[] }> {
    const path = join(folder, name)
    await writeFile(path, bytes)
    const decoding = decode({ path, maxSeconds: 600 })
    const blocks: Buffer[] = []
    for await (const block of decoding.pcm) blocks.push(block)
    return { pcm: Buffer.concat(blocks), warnings: await decoding.warnings }
  }

  function assertSilentInTheMiddle(found: { pcm: Buffer; warnings: string[] }): void {
    assert.deepEqual(found.warnings.length, 1)
    assert.match(found.warnings.join(), /^The file is damaged at 0:0[23]: silence replaces the lost sound\.$/)
    assert.equal(found.pcm.length, pcm.length)
    assert.ok(found.pcm.subarray(0, 2 * SECOND_BYTES).equals(pcm.subarray(0, 2 * SECOND_BYTES)), 'before')
    assert.ok(found.pcm.subarray(-2 * SECOND_BYTES).equals(pcm.subarray(-2 * SECOND_BYTES)), 'behind')
  }

  test('the sound after skipped bytes of a Matroska file keeps its time', async () => {
    const packets = Array.from({ length: pcm.length / PACKET_BYTES }, (_, index) =>
      Buffer.from(pcm.subarray(index * PACKET_BYTES, (index + 1) * PACKET_BYTES)),
    )
    const bytes = matroskaOf({ tracks: [pcmTrack(new Int16Array(), { packets, packetMs: PACKET_MS })] })
    assert.deepEqual(await decoded('whole.mka', bytes), { pcm: Buffer.from(pcm), warnings: [] })
    const middle = Math.floor(bytes.length / 2)
    assertSilentInTheMiddle(await decoded('damaged.mka', bytes.fill(0, middle, middle + 2 * PACKET_BYTES)))
  })

  test('the sound after skipped bytes of a WavPack file keeps its time, though its blocks begin at any byte', async () => {
    const bytes = await wavPackOf({ path: join(folder, 'song.wv'), pcm: Buffer.from(pcm) })
    assert.deepEqual(await decoded('whole.wv', bytes), { pcm: Buffer.from(pcm), warnings: [] })
    const middle = bytes.indexOf('wvpk', bytes.length / 2)
    for (const lost of [0, 13, 30]) {
      const damaged = Buffer.concat([bytes.subarray(0, middle), Buffer.alloc(100), bytes.subarray(middle + 100 + lost)])
      assertSilentInTheMiddle(await decoded('damaged.wv', damaged))
    }
  })

  test('a warning tells where the readable part ends when nothing after the damage can be decoded', async () => {
    const path = join(folder, 'song.m4a')
    const encoder = openEncoder({ path, format: 'm4a', tags: { title: '', artist: '', album: '' }, picture: null })
    await encoder.write(Buffer.from(pcm))
    await encoder.finish()
    const bytes = await readFile(path)
    const data = bytes.indexOf('mdat')
    const size = bytes.readUInt32BE(data - 4)
    const { warnings } = await decoded('rest.m4a', bytes.fill(0, data + Math.floor(size / 2), data - 4 + size))
    assert.equal(warnings.length, 2, warnings.join())
    assert.match(warnings[0] ?? '', /^The file cannot be read beyond 0:0[23]; the rest is missing\.$/)
    assert.match(warnings[1] ?? '', /^The file says it is 0:06 long, but it holds 0:03 of sound\.$/)
  })

  /** How many samples count as missing after a gap of 3 s in the time stamps. */
  function missing({ skippedBytes, isAlone = true }: { skippedBytes: number; isAlone?: boolean }): {
    isTold: boolean
    seconds: number
  } {
    const timeline = new Timeline({
      path: '',
      stream: { timeBase: { num: 1, den: SAMPLE_RATE } },
      isAlone,
      info: { announcedSeconds: null, sampleRate: SAMPLE_RATE, container: 'flv' },
    } as unknown as OpenSound)
    const samples = 1_024
    let isTold = false
    let seconds = 0
    for (let index = 0; index < 200; index++) {
      const isBehind = index >= 100
      const pts = BigInt(index * samples + (isBehind ? 3 * SAMPLE_RATE : 0))
      const pos = BigInt(index * (PACKET_FILE_BYTES + 16) + (isBehind ? skippedBytes : 0))
      const packet = { pos, pts, duration: BigInt(samples), size: PACKET_FILE_BYTES } as unknown as Packet
      if (timeline.read(packet)) {
        isTold = true
        timeline.markDamaged()
      }
      seconds += timeline.add({ pts, nbSamples: samples, sampleRate: SAMPLE_RATE } as unknown as Frame) / SAMPLE_RATE
    }
    return { isTold, seconds }
  }

  test('without an announced length, silence is at most as long as the sound that the skipped bytes could hold', () => {
    const threeSeconds = Math.round((3 * SAMPLE_RATE * PACKET_FILE_BYTES) / 1_024)
    assert.deepEqual(missing({ skippedBytes: threeSeconds }), { isTold: true, seconds: 3 })
    assert.deepEqual(missing({ skippedBytes: threeSeconds / 4 }), { isTold: true, seconds: 0 })
  })

  test('a jump of the time stamps over no bytes, or over those of a picture, is not damage', () => {
    assert.deepEqual(missing({ skippedBytes: 0 }), { isTold: false, seconds: 0 })
    assert.deepEqual(missing({ skippedBytes: 1 << 20, isAlone: false }), { isTold: false, seconds: 0 })
  })
})

function wavPackOf({ path, pcm }: { path: string; pcm: Buffer }): Promise<Buffer> {
  return encodeFile({
    path,
    container: 'wv',
    encoder: FF_ENCODER_WAVPACK,
    sampleFormat: AV_SAMPLE_FMT_S16P,
    rate: SAMPLE_RATE,
    layout: AV_CHANNEL_LAYOUT_STEREO,
    samples: pcm.length / BYTES_PER_STEREO_SAMPLE,
    fill(frame, firstSample) {
      for (const [channel, plane] of (frame.extendedData ?? []).entries()) {
        for (let at = 0; at < frame.nbSamples; at++) {
          plane.writeInt16LE(pcm.readInt16LE((firstSample + at) * BYTES_PER_STEREO_SAMPLE + 2 * channel), 2 * at)
        }
      }
    },
  })
}
