import assert from 'node:assert/strict'
import { appendFile, mkdir, mkdtemp, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { DataFolderSize } from '../../src/store/data-size.ts'

const BLOCK = 64 * 1024
/** What the folders' own names and a file system's blocks may add. */
const TOLERANCE = BLOCK / 2
const NONE: ReadonlySet<number> = new Set()

describe('how much of the disk a data folder takes', () => {
  let root: string
  let size: DataFolderSize

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'minus-one-size-'))
    for (const folder of ['incoming', 'lost+found/song-9', 'songs'])
      await mkdir(join(root, folder), { recursive: true })
    await writeFile(join(root, 'ledger.sqlite'), Buffer.alloc(BLOCK, 1))
    await writeFile(join(root, 'lost+found/song-9/thing'), Buffer.alloc(BLOCK, 1))
    for (let songId = 1; songId <= 20; songId++) {
      await mkdir(join(root, 'songs', String(songId)))
      for (const name of ['original', 'song.pcm', `stem-${songId}.wav`])
        await writeFile(join(root, 'songs', String(songId), name), Buffer.alloc(BLOCK, 1))
      await settle(songId)
    }
    size = new DataFolderSize({ root })
  })
  after(() => rm(root, { recursive: true, force: true }))

  /** As if nothing had changed in it for an hour. */
  async function settle(songId: number): Promise<void> {
    const hourAgo = new Date(Date.now() - 3_600_000)
    await utimes(join(root, 'songs', String(songId)), hourAgo, hourAgo)
  }

  async function assertBlocks(blocks: number, inWork = NONE, arriving = NONE) {
    const measured = await size.measure({ inWork, arriving })
    const isNear = Math.abs(measured.bytes - blocks * BLOCK) < TOLERANCE
    assert.ok(isNear, `${measured.bytes / BLOCK} blocks instead of ${blocks}`)
    return measured
  }

  test('is that of all songs, of the ledger and of what else lies there', async () => {
    await assertBlocks(62)
    await assertBlocks(62)
  })

  test('grows with a file that comes into a song, and is less when a song or a file is gone', async () => {
    await writeFile(join(root, 'songs/3/mix-1.wav'), Buffer.alloc(BLOCK, 1))
    await assertBlocks(63)
    await rm(join(root, 'songs/3/mix-1.wav'))
    await assertBlocks(62)
    await rm(join(root, 'songs/4'), { recursive: true })
    await assertBlocks(59)
  })

  test('grows with the files of a song in work, of which is told what was made', async () => {
    await settle(5)
    await assertBlocks(59)
    await appendFile(join(root, 'songs/5/stem-5.wav'), Buffer.alloc(BLOCK, 1))
    const { derivedBytes } = await assertBlocks(60, new Set([5]))
    assert.ok(Math.abs((derivedBytes.get(5) ?? 0) - 3 * BLOCK) < TOLERANCE, 'its upload is not made of it')
  })

  test('tells what is on its way in, also of a song that can be played already', async () => {
    await writeFile(join(root, 'incoming/a'), Buffer.alloc(BLOCK, 1))
    const { incomingBytes } = await assertBlocks(61, new Set([5]), new Set([6]))
    assert.ok(Math.abs(incomingBytes - 2 * BLOCK) < TOLERANCE)
  })

  test('does not count holes: of a song that is written in several places they are most', async () => {
    await writeFile(join(root, 'songs/7/mix-2.wav'), '')
    await truncate(join(root, 'songs/7/mix-2.wav'), 100 * BLOCK)
    await assertBlocks(61, new Set([5]))
  })
})
