import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { finishBlocks } from '../../src/assemble/blocks.ts'
import { checkSong, hashOfValidBlock } from '../../src/recover/check-song.ts'
import { WAV_HEADER_BYTES } from '../../src/song/pcm.ts'
import { jobsOfSong } from '../../src/store/queries/jobs.ts'
import { writeAt } from '../../src/store/song-files/file-ranges.ts'
import { pcmPath, stemPath } from '../../src/store/song-files/paths.ts'
import { openSongInWork, type SongInWork } from '../support/song-in-work.ts'

describe('the check of a song after a start', () => {
  let work: SongInWork
  beforeEach(async () => {
    work = await openSongInWork()
    const { db, folders, songId } = work
    for (const segment of [0, 1]) {
      await work.finishJob(segment, 10)
      await finishBlocks({ db, folders, songId, segment })
    }
  })
  afterEach(() => work.remove())

  const check = () => checkSong({ db: work.db, folders: work.folders, song: work.song() })
  /** State and finality of each job. */
  const jobs = () =>
    jobsOfSong(work.db, work.songId).map(({ state, blockSha256 }) => `${state}${blockSha256 === null ? '' : ' final'}`)

  function stemOf(position: number): string {
    const { id: trackId } = work.song().tracks[position] ?? assert.fail()
    return stemPath(work.folders, { songId: work.songId, trackId })
  }

  test('changes nothing if every file is as the ledger says', async () => {
    const before = jobs()
    assert.equal(await check(), 0)
    assert.deepEqual(jobs(), before)
    assert.deepEqual(before, ['done final', 'done final', 'waiting'])
  })

  test('reopens the jobs of a block that a power cut damaged, if their results are gone too', async () => {
    await writeAt(stemOf(0), WAV_HEADER_BYTES, Buffer.alloc(8, 1))
    assert.equal(await check(), 1)
    assert.deepEqual(jobs(), ['waiting', 'done final', 'waiting'])
  })

  test('keeps a job whose result is still there, so that its damaged block is made again', async () => {
    await writeAt(stemOf(0), WAV_HEADER_BYTES + 4 * 10, Buffer.alloc(8, 1))
    assert.equal(await check(), 1, 'the result of the first segment was removed after use')
    assert.deepEqual(jobs(), ['waiting final', 'done', 'waiting'])
  })

  test('reopens a done job whose result is lost or damaged', async () => {
    await work.finishJob(2, 10)
    await writeFile(work.resultPath(2), 'other bytes')
    await rm(work.resultPath(1), { force: true })
    assert.equal(await check(), 2)
    assert.deepEqual(jobs(), ['done final', 'waiting final', 'waiting'])
  })

  test('trusts stems without a hash if they add up to the song', async () => {
    const { folders } = work
    const hashOf = (segment: number) => hashOfValidBlock({ folders, song: work.song(), segment, acceptsSilence: false })
    assert.equal(await hashOf(0), jobsOfSong(work.db, work.songId)[0]?.blockSha256)
    assert.equal(await hashOf(2), null, 'it was not written')
    await writeAt(stemOf(0), WAV_HEADER_BYTES, Buffer.alloc(2, 1))
    assert.equal(await hashOf(0), null)
  })

  test('trusts silence only in a song that was separated, because bytes that were never written look the same', async () => {
    const { folders } = work
    const silence = Buffer.alloc(4 * 10)
    await writeAt(pcmPath(folders, work.songId), 0, silence)
    for (const position of [0, 1]) await writeAt(stemOf(position), WAV_HEADER_BYTES, silence)
    const hashIf = (acceptsSilence: boolean) =>
      hashOfValidBlock({ folders, song: work.song(), segment: 0, acceptsSilence })
    assert.equal(await hashIf(false), null)
    assert.notEqual(await hashIf(true), null)
  })
})
