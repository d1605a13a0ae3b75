import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SongLyrics } from '../../../web/src/lyrics/song-lyrics.ts'
import { wordsWorkText } from '../../../web/src/lyrics/words-work-text.ts'
import type { LoadedLyrics } from '../../../web/src/server/lyrics.ts'

const SONG = 7
const loadedAt = (revision: number): LoadedLyrics => ({
  lyrics: null,
  version: null,
  versions: [],
  work: null,
  revision,
})

/** A page, and a server whose words have a revision. */
function setUp() {
  const server = { revision: 1, loads: 0, isAway: false }
  const failures: unknown[] = []
  const lyrics = new SongLyrics({
    load: async () => {
      if (server.isAway) throw new Error('away')
      server.loads++
      return loadedAt(server.revision)
    },
    onFailure: (error) => failures.push(error),
  })
  return { server, lyrics, failures, shown: () => lyrics.of(SONG).value }
}
const turns = async () => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

describe('the words of a song on the page', () => {
  test('are loaded once', async () => {
    const { server, lyrics, shown } = setUp()
    await lyrics.load(SONG)
    await lyrics.load(SONG)
    assert.deepEqual([server.loads, shown()?.revision], [1, 1])
  })

  test('are loaded again when the server tells of a new revision, and not for its own', async () => {
    const { server, lyrics, shown } = setUp()
    await lyrics.load(SONG)
    lyrics.follow({ music_id: SONG, revision: 1, work: null })
    server.revision = 2
    lyrics.follow({ music_id: SONG, revision: 2, work: null })
    await turns()
    assert.deepEqual([server.loads, shown()?.revision], [2, 2])
  })

  test('show at once what is being done for them', async () => {
    const { server, lyrics, shown } = setUp()
    await lyrics.load(SONG)
    const work = { kind: 'align', state: 'running', done: 1, total: 8, reason: null } as const
    lyrics.follow({ music_id: SONG, revision: 1, work })
    assert.deepEqual([shown()?.work, server.loads], [work, 1])
  })

  test('of a song that is not shown are not loaded', async () => {
    const { server, lyrics } = setUp()
    lyrics.follow({ music_id: SONG, revision: 3, work: null })
    await turns()
    assert.equal(server.loads, 0)
  })

  test('are never replaced by older ones that come late', async () => {
    const { lyrics, shown } = setUp()
    lyrics.show(SONG, loadedAt(5))
    lyrics.show(SONG, loadedAt(4))
    assert.equal(shown()?.revision, 5)
  })

  test('tell why they cannot be loaded, and are loaded at the next try', async () => {
    const { server, lyrics, failures, shown } = setUp()
    server.isAway = true
    await lyrics.load(SONG)
    server.isAway = false
    await lyrics.load(SONG)
    assert.deepEqual([failures.length, shown()?.revision], [1, 1])
  })
})

test('what is done for words is told in a sentence', () => {
  const work = { kind: 'align', state: 'running', done: 3, total: 8, reason: null } as const
  assert.equal(wordsWorkText(work), 'The words are being placed, 3 of 8 …')
  assert.equal(wordsWorkText({ ...work, total: 0, done: 0 }), 'The words are being placed …')
  assert.equal(wordsWorkText({ ...work, state: 'waiting' }), 'The words are being placed soon …')
  assert.equal(
    wordsWorkText({ ...work, state: 'failed', reason: 'No voice was found in this song.' }),
    'The words could not be placed: No voice was found in this song.',
  )
})
