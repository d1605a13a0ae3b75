import assert from 'node:assert/strict'
import { appendFile, mkdir, mkdtemp, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { DataFolderSize } from '../../../src/store/data-folder/data-size.ts'

const BLOCK = 64 * 1024
/** Allows for directory entries and the file system's block size. */
const TOLERANCE = BLOCK / 2
const NONE: ReadonlySet<number> = new Set()

describe('the disk usage of a data folder', () => {
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

  /** Sets the folder's mtime to an hour ago. */
  async function settle(songId: number): Promise<void> {
    const hourAgo = new Date(Date.now() - 3_600_000)
    await utimes(join(root, 'songs', String(songId)), hourAgo, hourAgo)
  }

  async function assertBlocks(blocks: number, inWork = NONE, uploading = NONE) {
    const measured = await size.measure({ inWork, uploading })
    const isNear = Math.abs(measured.bytes - blocks * BLOCK) < TOLERANCE
    assert.ok(isNear, `${measured.bytes / BLOCK} blocks instead of ${blocks}`)
    return measured
  }

  test('the disk usage includes all songs, the ledger and all other files', async () => {
    await assertBlocks(62)
    await assertBlocks(62)
  })

  test('the disk usage changes when files of a song, or songs, are added and removed', async () => {
    await writeFile(join(root, 'songs/3/mix-1.wav'), Buffer.alloc(BLOCK, 1))
    await assertBlocks(63)
    await rm(join(root, 'songs/3/mix-1.wav'))
    await assertBlocks(62)
    await rm(join(root, 'songs/4'), { recursive: true })
    await assertBlocks(59)
  })

  test('the growing files of a song in work are measured, and its derived files counted separately', async () => {
    await settle(5)
    await assertBlocks(59)
    await appendFile(join(root, 'songs/5/stem-5.wav'), Buffer.alloc(BLOCK, 1))
    const { derivedBytes } = await assertBlocks(60, new Set([5]))
    assert.ok(Math.abs((derivedBytes.get(5) ?? 0) - 3 * BLOCK) < TOLERANCE, 'the upload is not a derived file')
  })

  test('incoming bytes include those of a progressive upload', async () => {
    await writeFile(join(root, 'incoming/a'), Buffer.alloc(BLOCK, 1))
    const { incomingBytes } = await assertBlocks(61, new Set([5]), new Set([6]))
    assert.ok(Math.abs(incomingBytes - 2 * BLOCK) < TOLERANCE)
  })

  test('holes in files are not counted, because files written in several places consist mostly of holes', async () => {
    await writeFile(join(root, 'songs/7/mix-2.wav'), '')
    await truncate(join(root, 'songs/7/mix-2.wav'), 100 * BLOCK)
    await assertBlocks(61, new Set([5]))
  })
})
