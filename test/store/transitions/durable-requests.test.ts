import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { Database } from '../../../src/store/ledger/database.ts'
import {
  deleteSong,
  failSong,
  renameSong,
  requestMix,
  restoreSong,
  retrySong,
} from '../../../src/store/transitions/songs.ts'
import { type Ledger, newSong, openLedger } from '../../support/ledger.ts'

/** PRAGMA synchronous (SQLite): the write-ahead log is flushed to the disk at the COMMIT. */
const FULL = 2

describe("A user's request survives a power cut, because its transaction is flushed to the disk:", () => {
  let ledger: Ledger
  let db: Database
  let songId: number
  /** The value of PRAGMA synchronous at each write. */
  let levels: Set<number | undefined>

  beforeEach(async () => {
    ledger = await openLedger()
    db = ledger.db
    songId = newSong(db)
  })
  afterEach(() => ledger.remove())

  function levelsOf(request: () => unknown): number[] {
    levels = new Set()
    const change = db.change.bind(db)
    db.change = (sql, ...values) => {
      levels.add(db.one<{ synchronous: number }>('PRAGMA synchronous')?.synchronous)
      return change(sql, ...values)
    }
    assert.notEqual(request(), false)
    return [...levels].map((level) => level ?? Number.NaN)
  }

  test('another mix', () => {
    assert.deepEqual(
      levelsOf(() => requestMix(db, { songId, tracks: [1] })),
      [FULL],
    )
  })

  test('a new name', () => {
    assert.deepEqual(
      levelsOf(() => renameSong(db, { songId, title: 'b' })),
      [FULL],
    )
  })

  test('another try of a failed song', () => {
    failSong(db, { songId, error: 'a reason' })
    assert.deepEqual(
      levelsOf(() => retrySong(db, songId)),
      [FULL],
    )
  })

  test('a deletion', () => {
    assert.deepEqual(
      levelsOf(() => deleteSong(db, songId)),
      [FULL],
    )
  })

  test('the restoration of a deleted song', () => {
    deleteSong(db, songId)
    assert.deepEqual(
      levelsOf(() => restoreSong(db, songId)),
      [FULL],
    )
  })
})
