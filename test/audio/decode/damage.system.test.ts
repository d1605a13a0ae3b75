import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Frame } from 'node-av/lib'
import { Timeline } from '../../../src/audio/decode/timeline.ts'
import { decode, decodePart, openEncoder } from '../../../src/audio/media.ts'
import type { OpenSound } from '../../../src/audio/open/open-sound.ts'
import { BYTES_PER_STEREO_SAMPLE, bytesOf, SAMPLE_RATE } from '../../../src/song/pcm.ts'
import { makeSong } from '../../support/songs.ts'

const SECONDS = 12
const SECOND_BYTES = SAMPLE_RATE * BYTES_PER_STEREO_SAMPLE
/** The damage begins in the middle. One second after it, decoders give the right samples again. */
const BEHIND_SECONDS = 9
/** AAC decoders add noise of their own. Sound at a wrong time would differ by more than its own energy. */
const MAX_DIFFERENCE = 0.01
const MP3_FRAME_BYTES = 1_152 * BYTES_PER_STEREO_SAMPLE
const FORMATS = ['flac', 'm4a', 'opus', 'mp3'] as const

describe('a file that is damaged in its middle', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-damage-'))
    const song = bytesOf(makeSong(SECONDS))
    for (const format of FORMATS) {
      const path = join(folder, `song.${format}`)
      const encoder = openEncoder({ path, format, tags: { title: '', artist: '', album: '' }, picture: null })
      await encoder.write(Buffer.from(song))
      await encoder.finish()
    }
  })
  after(() => rm(folder, { recursive: true, force: true }))

  /** The file with a twelfth of its bytes, from the middle on, replaced by zeros. */
  async function damage(format: string): Promise<string> {
    const bytes = await readFile(join(folder, `song.${format}`))
    const middle = Math.floor(bytes.length / 2)
    bytes.fill(0, middle, middle + Math.floor(bytes.length / SECONDS))
    const path = join(folder, `damaged.${format}`)
    await writeFile(path, bytes)
    return path
  }

  async function decoded(path: string): Promise<{ pcm: Buffer; warnings: string[] }> {
    const decoding = decode({ path, maxSeconds: 600 })
    return { pcm: await collect(decoding.pcm), warnings: await decoding.warnings }
  }

  for (const format of FORMATS) {
    test(`a damaged ${format} file is silent at the damage, keeps its time after it, and a warning tells where`, async () => {
      const whole = await decoded(join(folder, `song.${format}`))
      const path = await damage(format)
      const { pcm, warnings } = await decoded(path)
      assert.deepEqual(whole.warnings, [])
      assert.match(warnings.join(), /^The file is damaged at 0:0[56]: silence replaces the lost sound\.$/)
      // The end of an mp3 may differ: the demuxer finds the encoder's padding by counting frames.
      const added = pcm.length - whole.pcm.length
      assert.ok(format === 'mp3' ? added >= 0 && added < MP3_FRAME_BYTES : added === 0)
      assert.ok(pcm.includes(Buffer.alloc(SECOND_BYTES / 4)), 'silence')
      const behind = BEHIND_SECONDS * SECOND_BYTES
      assert.ok(difference(pcm.subarray(behind), whole.pcm.subarray(behind)) < MAX_DIFFERENCE)
      const excerpt = { startSample: BEHIND_SECONDS * SAMPLE_RATE, samples: 2 * SAMPLE_RATE }
      const part = await collect(decodePart({ path, excerpt })).catch(refusal)
      if (part) assert.ok(difference(part, pcm.subarray(behind)) < MAX_DIFFERENCE, 'so is a part from its middle')
    })
  }

  test('damage in an mp3 that contains the first letters of a tag becomes silence', async () => {
    const bytes = await readFile(join(folder, 'song.mp3'))
    const middle = Math.floor(bytes.length / 2)
    const end = middle + Math.floor(bytes.length / SECONDS)
    bytes.fill(0, middle, end)
    for (const [tag, apart] of [
      ['TAG', 700],
      ['ID3', 900],
    ] as const) {
      for (let at = middle + apart; at < end - apart; at += apart) bytes.write(tag, at, 'latin1')
    }
    const path = join(folder, 'letters.mp3')
    await writeFile(path, bytes)
    const [letters, zeros] = [await decoded(path), await decoded(await damage('mp3'))]
    assert.equal(letters.pcm.length, zeros.pcm.length)
    assert.deepEqual(letters.warnings, zeros.warnings)
  })

  test('two concatenated mp3 files count as undamaged, and nothing becomes silent', async () => {
    const one = await readFile(join(folder, 'song.mp3'))
    const path = join(folder, 'two.mp3')
    await writeFile(path, Buffer.concat([one, one]))
    const { pcm, warnings } = await decoded(path)
    assert.doesNotMatch(warnings.join(), /silent/)
    assert.ok(pcm.length > 2 * SECONDS * SECOND_BYTES - MP3_FRAME_BYTES)
  })

  test('a jump of the time stamps becomes silence only next to damage, and at most up to the announced length', () => {
    const missing = ({ isDamaged, gapSeconds }: { isDamaged: boolean; gapSeconds: number }): number => {
      const timeline = new Timeline(soundOf({ announcedSeconds: 60 }))
      timeline.add(frameAt(0))
      if (isDamaged) timeline.markDamaged()
      return timeline.add(frameAt(1_024 + gapSeconds * SAMPLE_RATE))
    }
    assert.equal(missing({ isDamaged: true, gapSeconds: 3 }), 3 * SAMPLE_RATE)
    assert.equal(missing({ isDamaged: false, gapSeconds: 3 }), 0)
    assert.equal(missing({ isDamaged: true, gapSeconds: 3_600 }), 0)
    assert.equal(missing({ isDamaged: true, gapSeconds: -3 }), 0)
  })
})

function soundOf({ announcedSeconds }: { announcedSeconds: number }): OpenSound {
  return {
    path: '',
    stream: { timeBase: { num: 1, den: SAMPLE_RATE } },
    info: { announcedSeconds, sampleRate: SAMPLE_RATE, container: 'mov' },
  } as unknown as OpenSound
}

function frameAt(pts: number): Frame {
  return { pts: BigInt(pts), nbSamples: 1_024, sampleRate: SAMPLE_RATE } as unknown as Frame
}

async function collect(blocks: AsyncIterable<Buffer>): Promise<Buffer> {
  const found: Buffer[] = []
  for await (const block of blocks) found.push(block)
  return Buffer.concat(found)
}

/** A part may be refused, because decoding from the beginning reaches it later. */
function refusal(error: Error): null {
  assert.match(error.message, /position of a moment in it cannot be determined/)
  return null
}

/** The energy of the difference between two sounds, up to the end of the shorter, as a share of the second one's. */
function difference(a: Buffer, b: Buffer): number {
  let different = 0
  let all = 0
  for (let at = 0; at < Math.min(a.length, b.length); at += 2) {
    different += (a.readInt16LE(at) - b.readInt16LE(at)) ** 2
    all += b.readInt16LE(at) ** 2
  }
  return different / all
}
