import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { MAX_SETLIST_SONGS, MAX_SETLISTS } from '../../../src/song/setlist-limits.ts'
import type { LedgerChange } from '../../../src/store/ledger/ledger-changes.ts'
import { getSetlist, listSetlists, storedSetlists } from '../../../src/store/queries/setlists.ts'
import {
  addSetlist,
  appendToSetlist,
  deleteSetlist,
  eraseSetlistsDeletedBefore,
  replaceSetlist,
  restoreSetlist,
} from '../../../src/store/tables/setlists.ts'
import { deleteSong, eraseAllSongs, eraseSong, restoreSong } from '../../../src/store/transitions/songs.ts'
import { type Ledger, newSong, openLedger } from '../../support/ledger.ts'

describe('The setlists of the ledger', () => {
  let ledger: Ledger
  let changes: LedgerChange[]
  let songs: number[]

  beforeEach(async () => {
    changes = []
    ledger = await openLedger({ onCommit: (committed) => changes.push(...committed) })
    songs = [newSong(ledger.db), newSong(ledger.db), newSong(ledger.db), newSong(ledger.db)]
    changes = []
  })
  afterEach(() => ledger.remove())

  const songsOf = (id: number) => getSetlist(ledger.db, id)?.songs
  const versionOf = (id: number) => getSetlist(ledger.db, id)?.version
  const countChanges = () => changes.filter(({ kind }) => kind === 'setlists-changed').length

  test('keep their songs in order, and every change raises the version and is told', () => {
    const [a = 0, b = 0, c = 0] = songs
    const { id, version } = addSetlist(ledger.db, { name: 'Gig', songs: [c, a] })
    const replaced = replaceSetlist(ledger.db, { id, version, name: 'Gig 2', songs: [a, c] })
    assert.deepEqual(replaced, { id, name: 'Gig 2', songs: [a, c], version: 2 })
    assert.deepEqual(appendToSetlist(ledger.db, { id, songId: b }), { id, name: 'Gig 2', songs: [a, c, b], version: 3 })
    assert.deepEqual(listSetlists(ledger.db), [{ id, name: 'Gig 2', songs: [a, c, b], version: 3 }])
    assert.equal(countChanges(), 3)
  })

  test('do not change when equal values are saved or a song is appended twice', () => {
    const [a = 0, b = 0] = songs
    const setlist = addSetlist(ledger.db, { name: 'Gig', songs: [a, b] })
    assert.deepEqual(replaceSetlist(ledger.db, setlist), setlist)
    assert.deepEqual(appendToSetlist(ledger.db, { id: setlist.id, songId: a }), setlist)
    assert.equal(countChanges(), 1)
  })

  test('are not replaced from an older version', () => {
    const [a = 0, b = 0] = songs
    const { id } = addSetlist(ledger.db, { name: 'Gig', songs: [a] })
    appendToSetlist(ledger.db, { id, songId: b })
    assert.equal(replaceSetlist(ledger.db, { id, version: 1, name: 'Late', songs: [] }), undefined)
    assert.deepEqual(getSetlist(ledger.db, id), { id, name: 'Gig', songs: [a, b], version: 2 })
  })

  test('refuse songs that are unknown or deleted, and stay as they were', () => {
    const [a = 0, b = 0] = songs
    deleteSong(ledger.db, b)
    const { id, version } = addSetlist(ledger.db, { name: 'Gig', songs: [a] })
    const refused = { code: 'unknown-song-in-setlist' }
    assert.throws(() => addSetlist(ledger.db, { name: 'No', songs: [a, 999] }), refused)
    assert.throws(() => replaceSetlist(ledger.db, { id, version, name: 'No', songs: [b] }), refused)
    assert.throws(() => appendToSetlist(ledger.db, { id, songId: b }), refused)
    assert.deepEqual(listSetlists(ledger.db), [{ id, name: 'Gig', songs: [a], version }])
  })

  test('leave out a deleted song, and have it at its old place when it is restored', () => {
    const [a = 0, b = 0, c = 0] = songs
    const { id } = addSetlist(ledger.db, { name: 'Gig', songs: [a, b, c] })
    deleteSong(ledger.db, b)
    assert.deepEqual([songsOf(id), versionOf(id)], [[a, c], 2])
    restoreSong(ledger.db, b)
    assert.deepEqual([songsOf(id), versionOf(id)], [[a, b, c], 3])
    assert.equal(countChanges(), 3)
  })

  test('keep a deleted song behind its neighbour when the others are put into another order', () => {
    const [a = 0, b = 0, c = 0, d = 0] = songs
    const { id } = addSetlist(ledger.db, { name: 'Gig', songs: [d, a, b, c] })
    for (const songId of [d, b]) deleteSong(ledger.db, songId)
    const version = versionOf(id) ?? 0
    assert.deepEqual(replaceSetlist(ledger.db, { id, version, name: 'Gig', songs: [c, a] })?.songs, [c, a])
    for (const songId of [d, b]) restoreSong(ledger.db, songId)
    assert.deepEqual(songsOf(id), [d, c, a, b])
  })

  test('lose an erased song for good, whether it was deleted before or not', () => {
    const [a = 0, b = 0, c = 0] = songs
    const { id } = addSetlist(ledger.db, { name: 'Gig', songs: [a, b, c] })
    deleteSong(ledger.db, b)
    const version = versionOf(id)
    eraseSong(ledger.db, b)
    assert.deepEqual([storedSetlists(ledger.db)[0]?.songs, versionOf(id)], [[a, c], version])
    eraseSong(ledger.db, a)
    assert.deepEqual(songsOf(id), [c])
    assert.notEqual(versionOf(id), version)
  })

  test('are erased together with all songs, and their ids are not used again', () => {
    const { id } = addSetlist(ledger.db, { name: 'Gig', songs })
    eraseAllSongs(ledger.db)
    assert.deepEqual(storedSetlists(ledger.db), [])
    assert.ok(addSetlist(ledger.db, { name: 'Next', songs: [] }).id > id)
  })

  test('that are deleted are not listed, and can be restored until they are erased', () => {
    const { id } = addSetlist(ledger.db, { name: 'Gig', songs })
    assert.equal(deleteSetlist(ledger.db, id), true)
    assert.equal(deleteSetlist(ledger.db, id), false)
    assert.deepEqual([listSetlists(ledger.db), getSetlist(ledger.db, id)], [[], undefined])
    assert.equal(appendToSetlist(ledger.db, { id, songId: songs[0] ?? 0 }), undefined)
    const deletedAt = ledger.db.now()
    eraseSetlistsDeletedBefore(ledger.db, deletedAt - 60_000)
    assert.deepEqual(restoreSetlist(ledger.db, id)?.songs, songs)
    assert.equal(restoreSetlist(ledger.db, id), undefined)
    deleteSetlist(ledger.db, id)
    eraseSetlistsDeletedBefore(ledger.db, ledger.db.now())
    assert.equal(restoreSetlist(ledger.db, id), undefined)
  })

  test('are limited in number, listed and deleted ones each, and in songs', () => {
    const all = ledger.db.transaction(
      () => Array.from({ length: MAX_SETLISTS }, (_, n) => addSetlist(ledger.db, { name: `${n}`, songs: [] })),
      { isDurable: true },
    )
    const tooMany = { code: 'too-many-setlists' }
    assert.throws(() => addSetlist(ledger.db, { name: 'more', songs: [] }), tooMany)
    const [first] = all
    assert.ok(first)
    deleteSetlist(ledger.db, first.id)
    const { id } = addSetlist(ledger.db, { name: 'more', songs: [] })
    assert.throws(() => restoreSetlist(ledger.db, first.id), tooMany)
    const deleteAll = (): void => {
      for (const each of all) deleteSetlist(ledger.db, each.id)
      deleteSetlist(ledger.db, id)
    }
    ledger.db.transaction(deleteAll, { isDurable: true })
    assert.equal(storedSetlists(ledger.db).length, MAX_SETLISTS)

    const long = addSetlist(ledger.db, { name: 'long', songs: [] })
    const addMany = () => Array.from({ length: MAX_SETLIST_SONGS }, () => newSong(ledger.db))
    const many = ledger.db.transaction(addMany, { isDurable: true })
    replaceSetlist(ledger.db, { ...long, songs: many })
    const one = { id: long.id, songId: songs[0] ?? 0 }
    assert.throws(() => appendToSetlist(ledger.db, one), { code: 'too-many-in-setlist' })
  })
})
