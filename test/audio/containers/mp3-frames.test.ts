import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { hasTagBehindFrame, mp3Seconds } from '../../../src/audio/containers/mp3-frames.ts'

/** MPEG-2 layer III: 64 kbit/s at 22,050 Hz is 208 bytes a frame, or 209 with padding. */
function lowRateFrame(isPadded: boolean): Buffer {
  const bytes = Buffer.alloc(isPadded ? 209 : 208)
  bytes.writeUInt32BE(isPadded ? 0xfff38200 : 0xfff38000)
  return bytes
}

describe('frames of an mp3 file', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-frames-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function secondsOf(...parts: Buffer[]): Promise<number | null> {
    const path = join(folder, 'song.mp3')
    await writeFile(path, Buffer.concat(parts))
    return mp3Seconds(path)
  }

  test('the length of an MPEG-2 file is counted over padded and unpadded frames', async () => {
    const frames = [lowRateFrame(false), lowRateFrame(true), lowRateFrame(false)]
    assert.equal(await secondsOf(...frames), (3 * 576) / 22_050)
    const emptyTag = Buffer.from('ID3\x04\0\0\0\0\0\x05.....', 'latin1')
    assert.equal(await secondsOf(emptyTag, ...frames), (3 * 576) / 22_050)
  })

  test('no length is given for bytes that are not frames, and for an empty file', async () => {
    assert.equal(await secondsOf(lowRateFrame(false), Buffer.alloc(1_000)), null)
    assert.equal(await secondsOf(Buffer.alloc(1_000)), null)
    assert.equal(await secondsOf(), null)
  })

  test('a tag is recognised after a frame, and in place of a frame', () => {
    assert.ok(hasTagBehindFrame(Buffer.concat([lowRateFrame(true), Buffer.from('TAG')])))
    assert.ok(hasTagBehindFrame(Buffer.from('APETAGEX')))
    assert.ok(!hasTagBehindFrame(Buffer.concat([lowRateFrame(true), lowRateFrame(true)])))
  })
})
