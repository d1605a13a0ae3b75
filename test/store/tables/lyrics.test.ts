import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { LedgerChange } from '../../../src/store/ledger/ledger-changes.ts'
import {
  lyricsOf,
  lyricsVersionOf,
  lyricsVersionsOf,
  MAX_LYRICS_VERSIONS,
  saveLyrics,
  useLyricsVersion,
} from '../../../src/store/tables/lyrics.ts'
import { type Ledger, newSong, openLedger } from '../../support/ledger.ts'
import { wordsOf } from '../../support/words.ts'

describe('the words of a song in the ledger', () => {
  let ledger: Ledger
  let songId: number
  const told: LedgerChange[] = []
  beforeEach(async () => {
    ledger = await openLedger({ onCommit: (changes) => told.push(...changes) })
    songId = newSong(ledger.db)
  })
  afterEach(() => ledger.remove())

  const save = (text: string, revision: number) => saveLyrics(ledger.db, { songId, lyrics: wordsOf(text), revision })
  const use = (version: number | null, revision: number) => useLyricsVersion(ledger.db, { songId, version, revision })
  const used = () => lyricsOf(ledger.db, songId)

  test('are none, in revision 0, until they come', () => {
    assert.deepEqual(used(), { lyrics: null, version: null, revision: 0 })
  })

  test('get a new version and a new revision with each change, and neither from equal words', () => {
    assert.deepEqual(save('la', 0), { kind: 'saved', revision: 1, version: 1 })
    assert.deepEqual(save('la la', 1), { kind: 'saved', revision: 2, version: 2 })
    assert.deepEqual(save('la la', 2), { kind: 'saved', revision: 2, version: 2 })
    assert.deepEqual(used(), { lyrics: wordsOf('la la'), version: 2, revision: 2 })
  })

  test('are not overwritten by a change that is based on an older revision', () => {
    save('la', 0)
    assert.deepEqual(save('late', 0), { kind: 'changed-elsewhere', revision: 1, version: 1 })
    assert.deepEqual(use(null, 0), { kind: 'changed-elsewhere', revision: 1, version: 1 })
    assert.deepEqual(used().lyrics, wordsOf('la'))
  })

  test('can be those of an earlier version again, or none', () => {
    save('la', 0)
    save('la la', 1)
    assert.deepEqual(use(1, 2), { kind: 'saved', revision: 3, version: 1 })
    assert.deepEqual(use(1, 3), { kind: 'saved', revision: 3, version: 1 })
    assert.deepEqual(use(null, 3), { kind: 'saved', revision: 4, version: null })
    assert.deepEqual(used().lyrics, null)
    assert.equal(use(7, 4), undefined)
  })

  test('are replaced within a version by the work that has saved it before', () => {
    save('la', 0)
    const first = saveLyrics(ledger.db, { songId, lyrics: wordsOf('so'), revision: 1 })
    const lyrics = wordsOf('so far')
    const second = saveLyrics(ledger.db, { songId, lyrics, revision: first.revision, replaced: first.version })
    assert.deepEqual(second, { kind: 'saved', revision: 3, version: 2 })
    assert.deepEqual(
      lyricsVersionsOf(ledger.db, songId).map((each) => each.lyrics),
      [lyrics, wordsOf('la')],
    )
  })

  test('lose their oldest versions when there are too many, but never the one in use', () => {
    save('first', 0)
    for (let version = 2; version <= MAX_LYRICS_VERSIONS + 3; version++) save(`take ${version}`, version - 1)
    assert.equal(lyricsVersionsOf(ledger.db, songId).length, MAX_LYRICS_VERSIONS)
    assert.equal(lyricsVersionOf(ledger.db, { songId, version: 1 }), null)
    assert.deepEqual(used().lyrics, wordsOf(`take ${MAX_LYRICS_VERSIONS + 3}`))
  })

  test('tell the pages about each revision once', () => {
    told.length = 0
    save('la', 0)
    save('la', 1)
    save('late', 0)
    use(null, 1)
    assert.deepEqual(told, [
      { kind: 'lyrics-changed', songId, revision: 1 },
      { kind: 'lyrics-changed', songId, revision: 2 },
    ])
  })

  test('go with the row of the song', () => {
    save('la', 0)
    ledger.db.change('DELETE FROM songs WHERE id = ?', songId)
    assert.deepEqual(used(), { lyrics: null, version: null, revision: 0 })
    assert.deepEqual(lyricsVersionsOf(ledger.db, songId), [])
  })
})
