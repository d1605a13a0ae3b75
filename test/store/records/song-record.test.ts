import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { PracticeSettings } from '../../../src/song/practice-settings.ts'
import { getSong } from '../../../src/store/queries/songs.ts'
import { insertRecoveredSong } from '../../../src/store/records/recovered-song.ts'
import { isSameRecord, PersonRecord, personRecordOf } from '../../../src/store/records/song-record.ts'
import { lyricsOf, lyricsRecordOf, saveLyrics, useLyricsVersion } from '../../../src/store/tables/lyrics.ts'
import { practiceSettingsOf, savePracticeSettings } from '../../../src/store/tables/practice-settings.ts'
import { type Ledger, newSong, openLedger } from '../../support/ledger.ts'
import { wordsOf } from '../../support/words.ts'

const SETTINGS: PracticeSettings = {
  mix: { gains: { vocals: -6.5 }, muted: ['rest'], solo: ['vocals'], pan: { vocals: -1 } },
  semitones: -12,
  tempo: 0.25,
  loop: { start: 0, end: 1.25 },
  markers: [{ seconds: 0.5, name: 'Refrain ♪' }],
}

describe('person.json', () => {
  let ledger: Ledger
  let rebuilt: Ledger
  let songId: number

  beforeEach(async () => {
    ;[ledger, rebuilt] = [await openLedger(), await openLedger()]
    songId = newSong(ledger.db)
  })
  afterEach(async () => {
    await ledger.remove()
    await rebuilt.remove()
  })

  /** The record as it is read from its file. */
  const record = (changes: object = {}) =>
    PersonRecord.parse(JSON.parse(JSON.stringify({ ...personRecordOf(ledger.db, songId), ...changes })))

  /** Inserts the song into a new ledger, with the practice settings of its record. */
  function recover(stems: readonly string[]): void {
    const song = getSong(ledger.db, songId)
    assert.ok(song)
    const tracks = stems.map((stem, index) => ({ id: 100 + index, stem }))
    const { practice, lyrics } = record()
    insertRecoveredSong(rebuilt.db, {
      ...song,
      tracks,
      practice,
      lyrics,
      kept: null,
      isDeleted: false,
      blocks: [],
      files: [],
    })
  }

  test('gives a new ledger the practice settings of a song and their version', () => {
    savePracticeSettings(ledger.db, { songId, settings: { ...SETTINGS, tempo: 2 }, version: 0 })
    savePracticeSettings(ledger.db, { songId, settings: SETTINGS, version: 1 })
    recover(['vocals', 'rest'])
    assert.deepEqual(practiceSettingsOf(rebuilt.db, songId), { settings: SETTINGS, version: 2 })
  })

  test('gives a new ledger the words of a song, with their versions and the one in use', () => {
    saveLyrics(ledger.db, { songId, lyrics: wordsOf('la'), revision: 0 })
    saveLyrics(ledger.db, { songId, lyrics: wordsOf('la la'), revision: 1 })
    useLyricsVersion(ledger.db, { songId, version: 1, revision: 2 })
    recover(['vocals', 'rest'])
    assert.deepEqual(lyricsRecordOf(rebuilt.db, songId), lyricsRecordOf(ledger.db, songId))
    assert.deepEqual(lyricsOf(rebuilt.db, songId), { lyrics: wordsOf('la'), version: 1, revision: 3 })
  })

  test('is read without its words if those cannot be read, and keeps the versions that can', () => {
    for (const lyrics of ['la', { revision: 'x' }]) assert.equal(record({ lyrics }).lyrics, null)
    const good = { version: 2, savedAt: 1, lyrics: wordsOf('la') }
    const broken = { version: 1, savedAt: 0, lyrics: { lines: 7 } }
    assert.deepEqual(record({ lyrics: { revision: 3, version: 2, versions: [good, broken] } }).lyrics, {
      revision: 3,
      version: 2,
      versions: [good],
    })
  })

  test('gives no mix to a song that was recovered with other stems, but all other settings', () => {
    savePracticeSettings(ledger.db, { songId, settings: SETTINGS, version: 0 })
    recover(['drums', 'vocals'])
    assert.deepEqual(practiceSettingsOf(rebuilt.db, songId).settings, { ...SETTINGS, mix: null })
  })

  test('of an older version, which had no practice settings, equals that of a song without any', () => {
    const present = personRecordOf(ledger.db, songId)
    assert.ok(present)
    const older = record({ practice: undefined })
    assert.equal(older.practice, null)
    assert.ok(isSameRecord(older, present))
  })
})
