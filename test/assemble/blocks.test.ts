import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile, truncate } from 'node:fs/promises'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { finishBlocks, finishStems, hashBlock, isWholeSongFinal } from '../../src/assemble/blocks.ts'
import { samplesOf, WAV_HEADER_BYTES } from '../../src/song/pcm.ts'
import { jobOfSegment } from '../../src/store/queries/jobs.ts'
import { stemPath } from '../../src/store/song-files/paths.ts'
import { openSongInWork, type SongInWork } from '../support/song-in-work.ts'

describe('the blocks of a song', () => {
  let work: SongInWork
  beforeEach(async () => {
    work = await openSongInWork()
  })
  afterEach(() => work.remove())

  async function result(segment: number, value: number): Promise<number[]> {
    const { db, folders, songId } = work
    await work.finishJob(segment, value)
    return finishBlocks({ db, folders, songId, segment })
  }

  /** The left channel of a stem, as runs of equal samples: value and length. */
  async function runsOf(position: number): Promise<[value: number, length: number][]> {
    const { id: trackId } = work.song().tracks[position] ?? assert.fail()
    const file = await readFile(stemPath(work.folders, { songId: work.songId, trackId }))
    const runs: [number, number][] = []
    for (const value of samplesOf(file.subarray(WAV_HEADER_BYTES)).filter((_, i) => i % 2 === 0)) {
      const last = runs.at(-1)
      if (last?.[0] === value) last[1]++
      else runs.push([value, 1])
    }
    return runs
  }

  test('become final with their own result and the one before, in whatever order these come', async () => {
    assert.deepEqual(await result(1, 20), [], 'its block lacks the tail of the first segment')
    assert.deepEqual(await result(0, 10), [0, 1])
    assert.equal(isWholeSongFinal(work.db, work.song()), false)
    assert.deepEqual(await result(2, 30), [2])
    assert.equal(isWholeSongFinal(work.db, work.song()), true)
  })

  test('hold the sum of a result and the tail before it, and the rest of the song', async () => {
    for (const [segment, value] of [10, 20, 30].entries()) await result(segment, value)
    const vocals = [
      [10, 10],
      [30, 4],
      [20, 6],
      [50, 4],
      [30, 1],
    ]
    assert.deepEqual(await runsOf(0), vocals)
    assert.deepEqual(
      await runsOf(1),
      vocals.map(([value = 0, length]) => [100 - value, length]),
    )
  })

  test('are told by the hash of their bytes, which is null when the stem is too short', async () => {
    const { db, folders, songId } = work
    await result(0, 10)
    const hashOf = (segment: number) => hashBlock({ folders, song: work.song(), segment, grid: work.song().plan.grid })
    assert.equal(await hashOf(0), jobOfSegment(db, { songId, segment: 0 })?.blockSha256)
    assert.equal(await hashOf(1), null)
  })

  test('end the need for a result as soon as its own block and the next one are final', async () => {
    await result(0, 10)
    assert.equal(existsSync(work.resultPath(0)), true, 'the next block needs its tail')
    await result(1, 20)
    assert.equal(existsSync(work.resultPath(0)), false)
    await result(2, 30)
    assert.deepEqual([existsSync(work.resultPath(1)), existsSync(work.resultPath(2))], [false, false])
  })

  test('are sound files once the headers are written', async () => {
    for (const segment of [0, 1, 2]) await result(segment, 10)
    await finishStems({ folders: work.folders, song: work.song() })
    const { id: trackId } = work.song().tracks[0] ?? assert.fail()
    const file = await readFile(stemPath(work.folders, { songId: work.songId, trackId }))
    assert.equal(file.toString('latin1', 0, 4), 'RIFF')
    assert.equal(file.length, WAV_HEADER_BYTES + 4 * work.song().samples)
  })

  test('are not made of a result that is shorter than the plan says', async () => {
    const { db, folders, songId } = work
    await work.finishJob(0, 10)
    await truncate(work.resultPath(0), 8)
    await assert.rejects(finishBlocks({ db, folders, songId, segment: 0 }), /missing or too short/)
  })
})
