import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { personRecordOf } from '../../../src/store/records/song-record.ts'
import {
  findMix,
  getFile,
  type Mix,
  markFileReady,
  mixesToRender,
  mixFile,
  olderMixes,
  songLengthsOfMixes,
} from '../../../src/store/tables/files.ts'
import { finishDecoding, finishSeparation } from '../../../src/store/transitions/songs.ts'
import { type Ledger, newSong, openLedger } from '../../support/ledger.ts'

describe('the mixes in the ledger', () => {
  let ledger: Ledger
  before(async () => {
    ledger = await openLedger()
  })
  after(() => ledger.remove())

  function separated(samples: number): number {
    const songId = newSong(ledger.db)
    finishDecoding(ledger.db, { songId, samples, statistics: { mean: 0, deviation: 1 }, warnings: [] })
    finishSeparation(ledger.db, songId)
    return songId
  }
  const idOf = (songId: number, mix: Mix) => mixFile(ledger.db, { songId, mix }).id

  test('are equal if they sound equal, whatever is left out or in another order', () => {
    const songId = separated(20)
    const plain = idOf(songId, { tracks: [1, 2], gains: {} })
    assert.equal(idOf(songId, { tracks: [2, 1], gains: { 1: 0 }, pan: { 1: 0, 9: 1 }, semitones: 0, tempo: 1 }), plain)
    const changed = idOf(songId, { tracks: [1, 2], gains: {}, pan: { 2: 0.5, 1: -1 }, semitones: -3, tempo: 0.8 })
    assert.notEqual(changed, plain)
    assert.equal(
      idOf(songId, { tracks: [1, 2], gains: {}, pan: { 1: -1, 2: 0.5 }, tempo: 0.8, semitones: -3 }),
      changed,
    )
    for (const other of [{ semitones: -3 }, { tempo: 0.8 }, { pan: { 1: -1 } }]) {
      assert.equal(findMix(ledger.db, { songId, mix: { tracks: [1, 2], gains: {}, ...other } }), undefined)
    }
  })

  test('are read as they were written, and told to the record of what people made', () => {
    const songId = separated(20)
    const [one = 0] = ledger.db
      .all<{ id: number }>('SELECT id FROM tracks WHERE song_id = ?', songId)
      .map(({ id }) => id)
    const mix: Mix = { tracks: [one], gains: { [one]: -6 }, pan: { [one]: 0.25 }, semitones: 4, tempo: 1.25 }
    const id = idOf(songId, mix)
    const plain = idOf(songId, { tracks: [one], gains: {} })
    assert.deepEqual(getFile(ledger.db, id)?.mix, mix)
    assert.deepEqual(personRecordOf(ledger.db, songId)?.mixes, [
      { id, kept: ['vocals'], gains: { vocals: -6 }, pan: { vocals: 0.25 }, semitones: 4, tempo: 1.25 },
      { id: plain, kept: ['vocals'], gains: {} },
    ])
  })

  test('take as many samples as their tempo makes of the song', () => {
    const songId = separated(1_000)
    const id = idOf(songId, { tracks: [1], gains: {}, tempo: 0.8 })
    idOf(songId, { tracks: [1], gains: {} })
    assert.equal(mixesToRender(ledger.db).find((mix) => mix.id === id)?.samples, 1_250)
    assert.equal(songLengthsOfMixes(ledger.db, songId), 2.25)
  })

  test('count as old only if they are rendered, and changed in gain, pan, key or tempo', () => {
    const songId = separated(20)
    const changes: Partial<Mix>[] = [{}, { gains: { 1: 1 } }, { pan: { 1: 1 } }, { semitones: 1 }, { tempo: 2 }]
    const files = changes.map((change) => mixFile(ledger.db, { songId, mix: { tracks: [1], gains: {}, ...change } }))
    const [, gains, pan] = files
    for (const file of files.slice(0, 4)) markFileReady(ledger.db, file)
    assert.deepEqual(
      olderMixes(ledger.db, { songId, count: 1 }).map(({ id }) => id),
      [gains?.id, pan?.id],
    )
  })
})
