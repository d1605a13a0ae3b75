import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { decode, decodePart, openEncoder, probe } from '../../../src/audio/media.ts'
import { SAMPLE_RATE } from '../../../src/song/pcm.ts'
import { makeVorbis } from '../../support/vorbis.ts'

const SECONDS = 6

describe('decoding a chained Ogg file', () => {
  let folder: string
  let stereo: Buffer
  let faster: Buffer
  let mono: Buffer
  let opus: Buffer

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-chain-'))
    const path = join(folder, 'link.ogg')
    stereo = await makeVorbis({ path, rate: 44_100, channels: 2, seconds: SECONDS, seed: 1 })
    faster = await makeVorbis({ path, rate: 48_000, channels: 2, seconds: SECONDS, seed: 2 })
    mono = await makeVorbis({ path, rate: 44_100, channels: 1, seconds: SECONDS, seed: 3 })
    opus = await opusOf(SECONDS)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function opusOf(seconds: number): Promise<Buffer> {
    const path = join(folder, 'link.opus')
    const encoder = openEncoder({ path, format: 'opus', tags: { title: '', artist: '', album: '' }, picture: null })
    await encoder.write(Buffer.alloc(seconds * SAMPLE_RATE * 4, 7))
    await encoder.finish()
    return readFile(path)
  }

  async function decoded(...links: Buffer[]): Promise<{ pcm: Buffer; warnings: string[] }> {
    const path = join(folder, 'chain.ogg')
    await writeFile(path, Buffer.concat(links))
    const decoding = decode({ path, maxSeconds: 600 })
    return { pcm: await collect(decoding.pcm), warnings: await decoding.warnings }
  }

  test('each link of a chain gives the samples that it gives alone, also after a change of rate, channels or codec', async () => {
    const links = [stereo, faster, mono, opus]
    const alone: Buffer[] = []
    for (const link of links) alone.push((await decoded(link)).pcm)
    const { pcm, warnings } = await decoded(...links)
    assert.equal(pcm.length, links.length * SECONDS * SAMPLE_RATE * 4)
    assert.ok(pcm.equals(Buffer.concat(alone)))
    assert.deepEqual(warnings, [])
  })

  test('a warning tells from when on, and why, the rest of a chain cannot be decoded', async () => {
    const unknown = Buffer.from(faster)
    for (let at = unknown.indexOf('vorbis'); at >= 0; at = unknown.indexOf('vorbis', at)) unknown.write('nobody', at)
    const { pcm, warnings } = await decoded(stereo, unknown)
    assert.equal(pcm.length, SECONDS * SAMPLE_RATE * 4)
    assert.match(warnings.join(), /cannot be read beyond 0:06; the rest is missing \(.+\)/)
  })

  test('a chain announces no length, because the end of its last link is not the length of the chain', async () => {
    const path = join(folder, 'length.ogg')
    for (const [links, seconds] of [
      [[stereo], SECONDS],
      [[stereo, faster], null],
      [[stereo, mono], null],
    ] as const) {
      await writeFile(path, Buffer.concat(links))
      assert.equal((await probe({ path })).announcedSeconds, seconds)
    }
  })

  test('a part from the middle of a chain is refused, because each link restarts the time stamps', async () => {
    const path = join(folder, 'middle.ogg')
    await writeFile(path, Buffer.concat([stereo, faster, mono]))
    for (const seconds of [4, 8, 14]) {
      const excerpt = { startSample: seconds * SAMPLE_RATE, samples: SAMPLE_RATE }
      await assert.rejects(collect(decodePart({ path, excerpt })), /position of a moment in it cannot be determined/)
    }
  })

  test('an error of the disk neither ends a song early nor counts as a fault of the file', async () => {
    const path = join(folder, 'broken-disk.ogg')
    await symlink('/proc/self/mem', path) // reading it at 0 is an I/O error
    await assert.rejects(collect(decode({ path, maxSeconds: 600 }).pcm), { code: 'EIO' })
    await assert.rejects(probe({ path: join(folder, 'none.ogg') }), { code: 'ENOENT' })
  })
})

async function collect(blocks: AsyncIterable<Buffer>): Promise<Buffer> {
  const found: Buffer[] = []
  for await (const block of blocks) found.push(block)
  return Buffer.concat(found)
}
