import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { NO_PRACTICE_SETTINGS } from '../../../src/song/practice-settings.ts'
import { writeJsonFile } from '../../../src/store/records/json-file.ts'
import { applyLostChanges } from '../../../src/store/records/lost-changes.ts'
import { personRecordOf } from '../../../src/store/records/song-record.ts'
import { type Folders, personRecordPath } from '../../../src/store/song-files/paths.ts'
import {
  practiceSettingsOf,
  type SavedPractice,
  savePracticeSettings,
} from '../../../src/store/tables/practice-settings.ts'
import { type Ledger, newSong, openLedger } from '../../support/ledger.ts'

const SLOWER = { ...NO_PRACTICE_SETTINGS, tempo: 0.8 }
const LOWER = { ...NO_PRACTICE_SETTINGS, semitones: -3 }

describe('A person.json that was saved after the newest time in the ledger', () => {
  let ledger: Ledger
  let folders: Folders
  let songId: number

  beforeEach(async () => {
    folders = { root: await mkdtemp(join(tmpdir(), 'minus-one-lost-changes-')) }
    ledger = await openLedger()
    songId = newSong(ledger.db)
    savePracticeSettings(ledger.db, { songId, settings: SLOWER, version: 0 })
  })
  afterEach(async () => {
    await ledger.remove()
    await rm(folders.root, { recursive: true })
  })

  /** Writes the record of the present ledger, but with these practice settings, and applies it. */
  async function applyWith(practice: SavedPractice | null): Promise<boolean> {
    const path = personRecordPath(folders, songId)
    await mkdir(dirname(path), { recursive: true })
    await writeJsonFile(path, { ...personRecordOf(ledger.db, songId), practice })
    return applyLostChanges({ db: ledger.db, folders, songId })
  }

  test('gives the ledger practice settings of a higher version, with that version', async () => {
    assert.equal(await applyWith({ settings: LOWER, version: 4 }), true)
    assert.deepEqual(practiceSettingsOf(ledger.db, songId), { settings: LOWER, version: 4 })
  })

  test('does not replace newer practice settings, and nothing counts as lost', async () => {
    savePracticeSettings(ledger.db, { songId, settings: LOWER, version: 1 })
    for (const older of [{ settings: SLOWER, version: 1 }, null]) {
      assert.equal(await applyWith(older), false)
      assert.deepEqual(practiceSettingsOf(ledger.db, songId), { settings: LOWER, version: 2 })
    }
  })
})
