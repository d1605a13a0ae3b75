import assert from 'node:assert/strict'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { MediaPool } from '../../../src/audio/media/media-pool.ts'
import { decode, probe } from '../../../src/audio/media.ts'
import { UserError } from '../../../src/song/errors.ts'
import { mediaChildren } from '../../support/media-children.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { until } from '../../support/wait.ts'

describe('a pool of media processes', () => {
  let folder: string
  let mediaPool: MediaPool
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-media-pool-'))
  })
  beforeEach(() => {
    mediaPool = new MediaPool()
  })
  afterEach(async () => {
    mediaPool.close()
    await until('no media process is left', () => mediaChildren().length === 0)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function store(name: string, bytes: Buffer): Promise<string> {
    const path = join(folder, name)
    await writeFile(path, bytes)
    return path
  }

  async function decoded(path: string): Promise<Int16Array> {
    const chunks: Buffer[] = []
    for await (const chunk of decode({ path, maxSeconds: 60, mediaPool }).pcm) chunks.push(chunk)
    return new Int16Array(new Uint8Array(Buffer.concat(chunks)).buffer)
  }

  test('decodes a file in the process that probed it, also after the file was moved', async () => {
    const path = await store('probed.wav', wavOf(makeSong(5, 1)))
    await probe({ path, mediaPool })
    const [reserved] = mediaChildren()
    const moved = join(folder, 'moved.wav')
    await rename(path, moved)
    const decoding = decode({ path: moved, maxSeconds: 60, mediaPool })
    await decoding.info
    assert.deepEqual(mediaChildren(), [reserved])
    for await (const _ of decoding.pcm);
  })

  test('never gives the process that probed a file to another file', async () => {
    const [first, second] = [
      await store('first.wav', wavOf(makeSong(2, 1))),
      await store('second.wav', wavOf(makeSong(2, 2))),
    ]
    await probe({ path: first, mediaPool })
    const reserved = mediaChildren()
    assert.deepEqual(await decoded(second), makeSong(2, 2))
    assert.deepEqual(mediaChildren(), reserved)
  })

  test('ends the process that probed a file without sound', async () => {
    await assert.rejects(probe({ path: await store('none.wav', Buffer.from('no sound')), mediaPool }), UserError)
    await until('the process has ended', () => mediaChildren().length === 0)
  })

  test('gives a task one of the processes that warmUp() started', async () => {
    mediaPool.warmUp()
    await until('four processes are ready', () => mediaChildren().length === 4)
    const ready = mediaChildren()
    const path = await store('song.wav', wavOf(makeSong(2)))
    await probe({ path, mediaPool })
    assert.deepEqual(mediaChildren(), ready)
    assert.deepEqual(await decoded(path), makeSong(2))
    await until('the process has ended with its task', () => mediaChildren().length === 3)
  })

  test('starts processes one by one when it was not warmed up', async () => {
    const path = await store('cold.wav', wavOf(makeSong(2)))
    assert.deepEqual(await decoded(path), makeSong(2))
    await until('the process has ended with its task', () => mediaChildren().length === 0)
  })
})
