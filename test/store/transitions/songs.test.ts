import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { Database } from '../../../src/store/ledger/database.ts'
import type { LedgerChange } from '../../../src/store/ledger/ledger-changes.ts'
import { attemptsOf } from '../../../src/store/queries/attempts.ts'
import { knownSongIds } from '../../../src/store/queries/deleted-songs.ts'
import { jobsOfSong } from '../../../src/store/queries/jobs.ts'
import { getSong, getSongEvenDeleted, type NewSong, type Song } from '../../../src/store/queries/songs.ts'
import { claimJob, publishJob } from '../../../src/store/transitions/jobs.ts'
import {
  addSong,
  clampFutureDates,
  confirmUpload,
  deleteSong,
  eraseAllSongs,
  eraseSong,
  extendDecoded,
  extendSeekDecode,
  failSong,
  finishDecoding,
  finishSeparation,
  finishUpload,
  raiseProgress,
  renameSong,
  reopenSeparation,
  requestMix,
  restoreSong,
  retrySong,
} from '../../../src/store/transitions/songs.ts'
import { type Ledger, newSong, openLedger } from '../../support/ledger.ts'

const FOUND = { title: 'a', band: '', album: '', announcedSeconds: null, cover: null, soundTrack: null }
const NEW_SONG: NewSong = {
  ...FOUND,
  fileName: 'a.wav',
  model: 'm',
  plan: {
    modelId: 'm-1',
    grid: { strideSamples: 10, inputOffsetSamples: 0, inputSamples: 10, tailSamples: 0 },
    stems: ['vocals', 'rest'],
    rest: 'rest',
    needsWholeSong: false,
  },
}

describe('The transitions of songs', () => {
  let ledger: Ledger
  let db: Database
  /** What was recorded since the last look. */
  let changes: LedgerChange[]
  /** A song that is being separated. */
  let songId: number

  beforeEach(async () => {
    ledger = await openLedger({ onCommit: (committed) => void changes.push(...committed) })
    db = ledger.db
    changes = []
    songId = newSong(db)
    changes = []
  })
  afterEach(() => ledger.remove())

  const read = (id = songId): Song => getSong(db, id) ?? assert.fail()
  const jobStates = () => jobsOfSong(db, songId).map(({ state }) => state)
  const songChanged = () => ({ kind: 'song-changed', songId })

  function assertRecorded(...expected: readonly object[]): void {
    assert.deepEqual(changes, expected)
    changes = []
  }

  function decode(samples: number): void {
    finishDecoding(db, { songId, samples, statistics: { mean: 0.5, deviation: 1 }, warnings: ['cut'] })
  }

  test('addSong adds a song with its tracks after its files are placed', () => {
    const placed: number[] = []
    const { id, state, tracks } = addSong(db, NEW_SONG, (newId) => placed.push(newId))
    assert.deepEqual(placed, [id])
    assert.equal(state, 'added')
    assert.deepEqual(
      tracks.map(({ stem }) => stem),
      ['vocals', 'rest'],
    )
    assertRecorded({ kind: 'song-added', songId: id })
  })

  test('addSong adds nothing if the files cannot be placed', () => {
    const place = () => {
      throw new Error('no room')
    }
    assert.throws(() => addSong(db, NEW_SONG, place), /no room/)
    assert.deepEqual(knownSongIds(db), [songId])
    assertRecorded()
  })

  test('finishUpload takes the names from the whole file, but not those that a user has changed', () => {
    const { id } = addSong(db, { ...NEW_SONG, uploadName: 'upload-1' })
    renameSong(db, { songId: id, band: 'my band' })
    const found = { ...FOUND, title: 'b', band: 'Queen', announcedSeconds: 3 }
    changes = []
    assert.equal(finishUpload(db, { songId: id, early: FOUND, found }), true)
    const { title, band, uploadName, announcedSeconds } = read(id)
    assert.deepEqual([title, band, uploadName, announcedSeconds], ['b', 'my band', null, 3])
    assertRecorded({ kind: 'song-changed', songId: id })
    assert.equal(finishUpload(db, { songId: id, early: FOUND, found: FOUND }), false)
    assertRecorded()
  })

  test('confirmUpload changes nothing but that the file is complete', () => {
    const before = addSong(db, { ...NEW_SONG, uploadName: 'upload-1' })
    confirmUpload(db, before.id)
    assert.deepEqual(read(before.id), { ...before, uploadName: null })
  })

  test('requestMix starts the separation once, and later requests change only the mix', () => {
    const { id } = addSong(db, NEW_SONG)
    requestMix(db, { songId: id, tracks: [1] })
    assert.equal(read(id).state, 'separating')
    db.change('UPDATE songs SET asked_at = 5 WHERE id = ?', id)
    finishSeparation(db, id)
    requestMix(db, { songId: id, tracks: [2] })
    assert.deepEqual([read(id).state, read(id).kept, read(id).askedAt], ['separated', [2], 5])
  })

  test('the counts of decoded samples never fall, and decoding the whole song settles them', () => {
    extendDecoded(db, { songId, samples: 20 })
    extendDecoded(db, { songId, samples: 10 })
    extendSeekDecode(db, { songId, samples: 90 })
    extendSeekDecode(db, { songId, samples: 80 })
    assert.deepEqual([read().samples, read().soundEndSample], [20, 90])
    decode(50)
    extendDecoded(db, { songId, samples: 60 })
    const { samples, soundEndSample, isDecoded, statistics, warnings } = read()
    assert.deepEqual([samples, soundEndSample, isDecoded], [50, 50, true])
    assert.deepEqual([statistics, warnings], [{ mean: 0.5, deviation: 1 }, ['cut']])
    assertRecorded(songChanged())
  })

  test('the progress of a song never falls', () => {
    raiseProgress(db, { songId, progress: 40 })
    raiseProgress(db, { songId, progress: 30 })
    assert.equal(read().progress, 40)
  })

  test('finishSeparation separates a song once', () => {
    assert.equal(finishSeparation(db, songId), true)
    assert.equal(read().state, 'separated')
    assertRecorded(songChanged())
    assert.equal(finishSeparation(db, songId), false)
    assertRecorded()
  })

  test('reopenSeparation lowers the progress below that of a separated song', () => {
    raiseProgress(db, { songId, progress: 100 })
    finishSeparation(db, songId)
    changes = []
    reopenSeparation(db, songId)
    assert.deepEqual([read().state, read().progress], ['separating', 98])
    assertRecorded({ kind: 'song-renewed', songId })
  })

  test('failSong cancels the jobs and is recorded once', () => {
    assert.equal(failSong(db, { songId, error: 'first' }), true)
    assert.deepEqual([read().state, read().error], ['failed', 'first'])
    assert.deepEqual(jobStates(), ['cancelled', 'cancelled'])
    assertRecorded(songChanged())
    assert.equal(failSong(db, { songId, error: 'second' }), false)
    assert.equal(read().error, 'first')
    assertRecorded()
  })

  test('failSong does not fail a separated song, or an unknown one', () => {
    finishSeparation(db, songId)
    changes = []
    assert.equal(failSong(db, { songId, error: 'late' }), false)
    assert.equal(failSong(db, { songId: songId + 1, error: 'unknown' }), false)
    assert.deepEqual(jobStates(), ['waiting', 'waiting'])
    assertRecorded()
  })

  test('retrySong begins a failed song again from its file', () => {
    decode(20)
    raiseProgress(db, { songId, progress: 40 })
    failSong(db, { songId, error: 'a defect' })
    changes = []
    assert.equal(retrySong(db, songId), true)
    const { state, error, samples, isDecoded, progress, kept } = read()
    assert.deepEqual([state, error, samples, isDecoded, progress], ['separating', null, 0, false, 0])
    assert.equal(kept?.length, 2, 'the request stays')
    assert.deepEqual(jobStates(), [])
    assertRecorded({ kind: 'song-renewed', songId })
    assert.equal(retrySong(db, songId), false)
    assertRecorded()
  })

  test('retrySong does not begin a song whose separation nobody has requested', () => {
    const { id } = addSong(db, NEW_SONG)
    failSong(db, { songId: id, error: 'the file is damaged' })
    changes = []
    assert.equal(retrySong(db, id), false)
    assert.equal(read(id).state, 'failed')
    assertRecorded()
  })

  test('renameSong changes only the names that are given', () => {
    renameSong(db, { songId, band: 'Queen' })
    renameSong(db, { songId, title: '' })
    assert.deepEqual([read().title, read().band], ['', 'Queen'])
    assertRecorded(songChanged(), songChanged())
    renameSong(db, { songId: songId + 1, title: 'b' })
    assertRecorded()
  })

  test('deleteSong hides a song and cancels its jobs, and restoreSong reopens them', () => {
    const [job = assert.fail()] = jobsOfSong(db, songId)
    publishJob(db, job)
    claimJob(db, { jobId: job.id, worker: 'a', delivery: '1' })
    changes = []
    assert.equal(deleteSong(db, songId), true)
    assert.equal(getSong(db, songId), undefined)
    assert.deepEqual(jobStates(), ['cancelled', 'cancelled'])
    assert.deepEqual(
      attemptsOf(db, job.id).map(({ state }) => state),
      ['returned'],
    )
    assertRecorded({ kind: 'song-deleted', songId })
    assert.equal(restoreSong(db, songId), true)
    assert.deepEqual(jobStates(), ['waiting', 'waiting'])
    assertRecorded({ kind: 'song-renewed', songId })
  })

  test('deleteSong and restoreSong change and record nothing the second time', () => {
    deleteSong(db, songId)
    const deletedAt = getSongEvenDeleted(db, songId)?.deletedAt
    changes = []
    assert.equal(deleteSong(db, songId), false)
    assert.equal(getSongEvenDeleted(db, songId)?.deletedAt, deletedAt)
    restoreSong(db, songId)
    changes = []
    assert.equal(restoreSong(db, songId), false)
    assert.equal(restoreSong(db, songId + 1), false)
    assertRecorded()
  })

  test('restoreSong leaves the jobs of a failed song cancelled', () => {
    failSong(db, { songId, error: 'a defect' })
    deleteSong(db, songId)
    restoreSong(db, songId)
    assert.deepEqual(jobStates(), ['cancelled', 'cancelled'])
  })

  test('eraseSong removes a song with its jobs, and announces it unless its deletion was announced', () => {
    assert.equal(eraseSong(db, songId), true)
    assert.deepEqual([knownSongIds(db), jobStates()], [[], []])
    assertRecorded({ kind: 'song-erased', songId })
    assert.equal(eraseSong(db, songId), false)
    const deleted = newSong(db)
    deleteSong(db, deleted)
    changes = []
    assert.equal(eraseSong(db, deleted), true)
    assertRecorded()
  })

  test('eraseAllSongs removes deleted songs too, and no id is used again', () => {
    const deleted = newSong(db)
    deleteSong(db, deleted)
    changes = []
    eraseAllSongs(db)
    assert.deepEqual(knownSongIds(db), [])
    assertRecorded({ kind: 'song-erased', songId: null })
    assert.ok(newSong(db) > deleted)
  })

  test('clampFutureDates sets dates in the future to now, and no others', () => {
    const other = newSong(db)
    const { addedAt } = read(other)
    db.change('UPDATE songs SET added_at = ? WHERE id = ?', db.now() + 3_600_000, songId)
    clampFutureDates(db)
    assert.ok(read().addedAt <= db.now())
    assert.equal(read(other).addedAt, addedAt)
  })
})
