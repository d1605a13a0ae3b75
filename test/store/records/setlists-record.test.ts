import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { getSetlist, listSetlists } from '../../../src/store/queries/setlists.ts'
import { getSong } from '../../../src/store/queries/songs.ts'
import { insertRecoveredSong, type RecoveredSong } from '../../../src/store/records/recovered-song.ts'
import { applySetlistsRecord, SetlistsRecord, setlistsRecordOf } from '../../../src/store/records/setlists-record.ts'
import {
  addSetlist,
  appendToSetlist,
  deleteSetlist,
  eraseAllSetlists,
  restoreSetlist,
} from '../../../src/store/tables/setlists.ts'
import { deleteSong, eraseAllSongs, restoreSong } from '../../../src/store/transitions/songs.ts'
import { type Ledger, newSong, openLedger } from '../../support/ledger.ts'

describe('The record of all setlists', () => {
  let ledger: Ledger
  let rebuilt: Ledger
  let songs: number[]

  beforeEach(async () => {
    ;[ledger, rebuilt] = [await openLedger(), await openLedger()]
    songs = [newSong(ledger.db), newSong(ledger.db), newSong(ledger.db)]
  })
  afterEach(async () => {
    await ledger.remove()
    await rebuilt.remove()
  })

  /** A song of the lost ledger, as `recover` reads it. */
  function recoveredSong(id: number): RecoveredSong {
    const song = getSong(ledger.db, id)
    assert.ok(song)
    return { ...song, tracks: [], kept: null, isDeleted: false, practice: null, lyrics: null, blocks: [], files: [] }
  }

  /** The record as it is read from its file. */
  const record = () => SetlistsRecord.parse(JSON.parse(JSON.stringify(setlistsRecordOf(ledger.db))))

  test('gives a new ledger every setlist with its id, version and order, and deleted songs at their places', () => {
    for (const _ of songs) newSong(rebuilt.db)
    const [a = 0, b = 0, c = 0] = songs
    const gig = addSetlist(ledger.db, { name: 'Gig 🎤', songs: [c, b, a] })
    const gone = addSetlist(ledger.db, { name: 'Gone', songs: [a] })
    deleteSetlist(ledger.db, gone.id)
    deleteSong(ledger.db, b)
    deleteSong(rebuilt.db, b)
    assert.equal(applySetlistsRecord(rebuilt.db, record()), 2)
    assert.deepEqual(listSetlists(rebuilt.db), listSetlists(ledger.db))
    assert.deepEqual(listSetlists(rebuilt.db)[0]?.songs, [c, a])
    restoreSong(rebuilt.db, b)
    assert.deepEqual(getSetlist(rebuilt.db, gig.id)?.songs, [c, b, a])
    assert.deepEqual(restoreSetlist(rebuilt.db, gone.id)?.songs, [a])
    assert.equal(applySetlistsRecord(rebuilt.db, record()), 0, 'a second time changes nothing')
  })

  test('keeps the place of a song that is recovered later, and no new song takes its id', () => {
    const [a = 0, b = 0, c = 0] = songs
    newSong(rebuilt.db)
    const { id } = addSetlist(ledger.db, { name: 'Gig', songs: [c, b, a] })
    applySetlistsRecord(rebuilt.db, record())
    assert.deepEqual(getSetlist(rebuilt.db, id)?.songs, [a])
    assert.ok(newSong(rebuilt.db) > c)
    insertRecoveredSong(rebuilt.db, recoveredSong(b))
    const { songs: listed, version } = getSetlist(rebuilt.db, id) ?? {}
    assert.deepEqual([listed, version], [[b, a], 2])
  })

  test('replaces only setlists of the ledger that are older, and brings no erased one back', () => {
    const [a = 0, b = 0] = songs
    const kept = addSetlist(ledger.db, { name: 'Kept', songs: [a] })
    const older = record()
    appendToSetlist(ledger.db, { id: kept.id, songId: b })
    assert.equal(applySetlistsRecord(ledger.db, older), 0)
    assert.deepEqual(getSetlist(ledger.db, kept.id)?.songs, [a, b])
    const newer = record()
    for (const setlist of newer.setlists) Object.assign(setlist, { version: setlist.version + 1, name: 'Newer' })
    assert.equal(applySetlistsRecord(ledger.db, newer), 1)
    assert.equal(getSetlist(ledger.db, kept.id)?.name, 'Newer')
    eraseAllSetlists(ledger.db)
    assert.equal(applySetlistsRecord(ledger.db, newer), 0)
  })

  test('reserves the ids of erased setlists in a new ledger', () => {
    const { id } = addSetlist(ledger.db, { name: 'Gig', songs })
    eraseAllSongs(ledger.db)
    applySetlistsRecord(rebuilt.db, record())
    assert.deepEqual(listSetlists(rebuilt.db), [])
    assert.ok(addSetlist(rebuilt.db, { name: 'Next', songs: [] }).id > id)
  })
})
