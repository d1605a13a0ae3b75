import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { LibrarySong } from '../../../src/listen/schemas.ts'
import { type ListenApp, openListenApp } from '../../support/listen-app.ts'
import { separatedSong, separatingSong } from '../../support/listen-songs.ts'

describe('GET /music', () => {
  let listen: ListenApp
  let listeners = 0

  before(async () => {
    listen = await openListenApp({ routes: { basePath: '/karaoke', expectListener: () => listeners++ } })
    separatedSong(listen.db)
    separatedSong(listen.db)
    separatingSong(listen.db)
  })
  after(() => listen.close())

  const idsOf = (songs: readonly LibrarySong[]) => songs.map(({ music_id }) => music_id)

  test('answers with all songs if no limit is given', async () => {
    const songs = (await listen.app.inject('/music')).json()
    assert.deepEqual(idsOf(songs), [1, 2, 3])
    assert.equal(songs[0].progress, undefined)
    assert.equal(listeners, 0)
  })

  test('answers with a page if a limit is given: the progress of each song, a version and a link to the next page', async () => {
    const first = await listen.app.inject('/music?limit=2')
    assert.deepEqual(idsOf(first.json()), [1, 2])
    assert.equal(first.headers['link'], '</karaoke/music?limit=2&after=2&order=oldest>; rel="next"')
    assert.equal(first.headers['x-minus-one-version'], String(listen.events.version()))
    assert.equal(listeners, 1)
    const [last] = (await listen.app.inject('/music?limit=2&after=2')).json()
    assert.deepEqual([last.music_id, last.progress.state, last.segments.length], [3, 'separating', 2])
    const newest = await listen.app.inject('/music?limit=3&order=newest')
    assert.deepEqual([idsOf(newest.json()), newest.headers['link']], [[3, 2, 1], undefined])
  })

  test('answers 400 for a limit of 0 and for an unknown order', async () => {
    assert.equal((await listen.app.inject('/music?limit=0')).statusCode, 400)
    assert.equal((await listen.app.inject('/music?limit=2&order=loudest')).statusCode, 400)
  })
})
