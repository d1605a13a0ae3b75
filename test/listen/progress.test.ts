import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { progressOf, tryRaiseProgress } from '../../src/listen/progress.ts'
import { jobsOfSong } from '../../src/store/queries/jobs.ts'
import { getSong, type Song } from '../../src/store/queries/songs.ts'
import { jobTotals } from '../../src/store/queries/totals.ts'
import { discardBlock, markBlockFinal } from '../../src/store/transitions/jobs.ts'
import { finishDecoding } from '../../src/store/transitions/songs.ts'
import { type Ledger, newSong, openLedger } from '../support/ledger.ts'
import { separatedSong } from '../support/listen-songs.ts'

describe('the progress of a song', () => {
  let ledger: Ledger

  beforeEach(async () => {
    ledger = await openLedger()
  })
  afterEach(() => ledger.remove())

  /** A song of two segments that is decoded. */
  function decodedSong(): Song {
    const songId = newSong(ledger.db)
    finishDecoding(ledger.db, { songId, samples: 20, statistics: { mean: 0, deviation: 1 }, warnings: [] })
    return read(songId)
  }

  function read(songId: number): Song {
    const song = getSong(ledger.db, songId)
    assert.ok(song)
    return song
  }

  function progress({ id }: Song, { isMixReady = false, samples = 20 } = {}): number {
    return progressOf({ ...read(id), samples }, { jobs: jobTotals(ledger.db, id), isMixReady })
  }

  test('is the share of its final blocks, up to 99', () => {
    const song = decodedSong()
    assert.equal(progress(song), 0)
    for (const [index, { id: jobId }] of jobsOfSong(ledger.db, song.id).entries()) {
      markBlockFinal(ledger.db, { jobId, sha256: 'x' })
      assert.equal(progress(song), index === 0 ? 49 : 99)
    }
  })

  test('is 100 exactly when the mix of a separated song can be fetched', () => {
    const song = separatedSong(ledger.db)
    assert.equal(progress(song, { isMixReady: true }), 100)
    tryRaiseProgress(ledger.db, song, 100)
    assert.equal(progress(song, { isMixReady: false }), 99, 'other tracks were asked for')
    assert.equal(progress(decodedSong(), { isMixReady: true }), 0, 'a song in work has no mix')
  })

  test('never falls below what was kept, though blocks are made again or the song is longer than announced', () => {
    const song = decodedSong()
    const [job] = jobsOfSong(ledger.db, song.id)
    assert.ok(job)
    markBlockFinal(ledger.db, { jobId: job.id, sha256: 'x' })
    tryRaiseProgress(ledger.db, song, progress(song))
    assert.equal(progress(song, { samples: 1_000 }), 49)
    discardBlock(ledger.db, job)
    assert.equal(progress(song), 49)
    tryRaiseProgress(ledger.db, read(song.id), 10)
    assert.equal(read(song.id).progress, 49)
  })

  test('is not kept while the ledger cannot be written, and that is no error', () => {
    const song = decodedSong()
    const full = Object.assign(new Error('database or disk is full'), { code: 'ERR_SQLITE_ERROR', errcode: 13 })
    const change = ledger.db.change
    ledger.db.change = () => {
      throw full
    }
    tryRaiseProgress(ledger.db, song, 49)
    ledger.db.change = change
    assert.equal(read(song.id).progress, 0)
    tryRaiseProgress(ledger.db, song, 49)
    assert.equal(read(song.id).progress, 49)
  })
})
