import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { NO_PRACTICE_SETTINGS, type PracticeSettings } from '../../../src/song/practice-settings.ts'
import type { LedgerChange } from '../../../src/store/ledger/ledger-changes.ts'
import { practiceSettingsOf, savePracticeSettings } from '../../../src/store/tables/practice-settings.ts'
import { type Ledger, newSong, openLedger } from '../../support/ledger.ts'

const SLOWER = { ...NO_PRACTICE_SETTINGS, tempo: 0.8 }
const LOWER = { ...NO_PRACTICE_SETTINGS, semitones: -3 }

describe('the practice settings of a song in the ledger', () => {
  let ledger: Ledger
  let songId: number
  const told: LedgerChange[] = []
  beforeEach(async () => {
    ledger = await openLedger({ onCommit: (changes) => told.push(...changes) })
    songId = newSong(ledger.db)
  })
  afterEach(() => ledger.remove())

  const save = (settings: PracticeSettings, version: number) =>
    savePracticeSettings(ledger.db, { songId, settings, version })

  test('are the defaults of version 0 until they are set', () => {
    assert.deepEqual(practiceSettingsOf(ledger.db, songId), { settings: NO_PRACTICE_SETTINGS, version: 0 })
  })

  test('get a new version with each change, and none from equal settings', () => {
    assert.deepEqual(save(SLOWER, 0), { kind: 'saved', version: 1 })
    assert.deepEqual(save(LOWER, 1), { kind: 'saved', version: 2 })
    assert.deepEqual(save({ ...LOWER }, 2), { kind: 'saved', version: 2 })
    assert.deepEqual(practiceSettingsOf(ledger.db, songId), { settings: LOWER, version: 2 })
  })

  test('get no new version from -0 in the place of 0', () => {
    const panned = (pan: number) => ({ ...SLOWER, mix: { gains: {}, muted: [], solo: [], pan: { vocals: pan } } })
    save(panned(0), 0)
    assert.deepEqual(save(panned(-0), 1), { kind: 'saved', version: 1 })
  })

  test('are not overwritten by a change that is based on an older version', () => {
    save(SLOWER, 0)
    assert.deepEqual(save(LOWER, 0), { kind: 'changed-elsewhere', version: 1 })
    assert.deepEqual(practiceSettingsOf(ledger.db, songId).settings, SLOWER)
  })

  test('tell the pages about each version once', () => {
    told.length = 0
    save(SLOWER, 0)
    save(SLOWER, 1)
    save(LOWER, 0)
    assert.deepEqual(told, [{ kind: 'practice-changed', songId, version: 1 }])
  })

  test('go with the row of the song', () => {
    save(SLOWER, 0)
    ledger.db.change('DELETE FROM songs WHERE id = ?', songId)
    assert.equal(practiceSettingsOf(ledger.db, songId).version, 0)
  })
})
