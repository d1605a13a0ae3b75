import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { findMp3Frame } from '../../../src/audio/containers/mp3-frames.ts'
import { openEncoder } from '../../../src/audio/media.ts'
import { openSound } from '../../../src/audio/open/open-sound.ts'
import { makeSong } from '../../support/songs.ts'

describe('the frames of an mp3', () => {
  let folder: string
  let path: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-frames-'))
    path = join(folder, 'song.mp3')
    const picture = { mime: 'image/jpeg', bytes: Buffer.from([0xff, 0xd8, ...Array(40_000).fill(0xff)]) } as const
    const encoder = openEncoder({ path, format: 'mp3', tags: { title: 'Song', artist: '', album: '' }, picture })
    await encoder.write(Buffer.from(makeSong(20).buffer))
    await encoder.finish()
  })
  after(() => rm(folder, { recursive: true, force: true }))

  test('lie where a demuxer finds its packets, behind the tag, its picture and the table of frames', () => {
    const places: number[] = []
    let next = 0
    for (const { pos, size } of openSound(path).packets()) {
      if (pos >= 0n) next = Number(pos)
      places.push(next)
      next += size
    }
    assert.ok(places.length > 700 && (places[0] ?? 0) > 40_000)
    assert.deepEqual(
      places.map((_, index) => findMp3Frame(path, index)),
      places.map((offset) => ({ offset, frameSamples: 1_152 })),
    )
    assert.equal(findMp3Frame(path, places.length + 100), null)
  })

  test('are hopped over at the lower rates as well', async () => {
    // MPEG-2 layer III: 64 kbit/s at 22,050 Hz is 208 bytes a frame, or 209 with padding.
    const frame = (isPadded: boolean) => {
      const bytes = Buffer.alloc(isPadded ? 209 : 208)
      bytes.writeUInt32BE(isPadded ? 0xfff38200 : 0xfff38000)
      return bytes
    }
    const low = join(folder, 'low.mp3')
    await writeFile(low, Buffer.concat([frame(false), frame(true), frame(false), frame(false)]))
    assert.deepEqual(findMp3Frame(low, 3), { offset: 208 + 209 + 208, frameSamples: 576 })
  })

  test('are not guessed where something else lies between them, or there is nothing', async () => {
    const broken = join(folder, 'broken.mp3')
    const first = findMp3Frame(path, 0)
    assert.ok(first)
    await writeFile(broken, Buffer.concat([Buffer.from([0xff, 0xfb, 0xe0, 0x64]), Buffer.alloc(1_000_000)]))
    assert.equal(findMp3Frame(broken, 1), null)
    await writeFile(broken, '')
    assert.equal(findMp3Frame(broken, 0), null)
  })
})
