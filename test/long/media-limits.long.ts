import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { decode, probe } from '../../src/audio/media.ts'
import { makeSong, wavOf } from '../support/songs.ts'

const HANGS = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)'
const HOARDS = `globalThis.hoard = Buffer.alloc(700_000_000, 1); ${HANGS}`

describe('Limits of the process that decodes a file', () => {
  let folder: string
  let path: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-limits-'))
    path = join(folder, 'song.wav')
    await writeFile(path, wavOf(makeSong(2)))
  })
  after(() => rm(folder, { recursive: true }))

  /** Runs `work` while decoders do this instead of decoding. */
  async function whileIt<T>(does: string, work: () => Promise<T>): Promise<T> {
    process.env['NODE_OPTIONS'] = `--import=data:text/javascript,${encodeURIComponent(does)}`
    try {
      return await work()
    } finally {
      delete process.env['NODE_OPTIONS']
    }
  }

  async function decodeAll(): Promise<void> {
    for await (const block of decode({ path, maxSeconds: 60 }).pcm) assert.fail(`${block.length} bytes of sound`)
  }

  test('A decoder that takes more than 512 MB is ended', async () => {
    const began = Date.now()
    await assert.rejects(
      whileIt(HOARDS, () => probe({ path })),
      { code: 'undecodable', message: /too much memory/ },
    )
    assert.ok(Date.now() - began < 10_000)
  })

  test('A decoder that hangs is ended after 20 s of probing, or 30 s of decoding', async () => {
    const hung = { code: 'undecodable', message: /took too long/ }
    await whileIt(HANGS, () => Promise.all([assert.rejects(probe({ path }), hung), assert.rejects(decodeAll(), hung)]))
    assert.equal((await probe({ path })).announcedSeconds, 2, 'the next one is opened as always')
  })
})
