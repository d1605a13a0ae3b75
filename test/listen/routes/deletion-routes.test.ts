import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { getSong } from '../../../src/store/queries/songs.ts'
import { deleteSong, restoreSong } from '../../../src/store/transitions/songs.ts'
import { type ListenApp, openListenApp } from '../../support/listen-app.ts'
import { separatingSong } from '../../support/listen-songs.ts'

describe('The routes of deletions', () => {
  let listen: ListenApp
  let resets = 0

  before(async () => {
    listen = await openListenApp({
      routes: {
        deleteSong: async (songId) => deleteSong(listen.db, songId),
        restoreSong: async (songId) => (restoreSong(listen.db, songId) ? getSong(listen.db, songId) : undefined),
        async reset() {
          resets++
        },
      },
    })
  })
  after(() => listen.close())

  const ask = (method: 'DELETE' | 'POST', url: string) => listen.app.inject({ method, url })

  test('DELETE /music/{id} deletes a song once, and POST /music/{id}/restore restores it once', async () => {
    const { id } = separatingSong(listen.db)
    const deleted = await ask('DELETE', `/music/${id}`)
    assert.deepEqual([deleted.statusCode, deleted.json()], [200, {}])
    assert.equal((await ask('DELETE', `/music/${id}`)).json().code, 'music-not-found')
    const restored = await ask('POST', `/music/${id}/restore`)
    assert.deepEqual([restored.statusCode, restored.json().music_id], [200, id])
    const again = await ask('POST', `/music/${id}/restore`)
    assert.deepEqual([again.statusCode, again.json().code], [404, 'music-not-deleted'])
  })

  test('all of them answer 404 for an unknown song and for an id that is no number', async () => {
    assert.equal((await ask('DELETE', '/music/999')).statusCode, 404)
    assert.equal((await ask('POST', '/music/999/restore')).statusCode, 404)
    assert.equal((await ask('DELETE', '/music/all')).json().code, 'not-found')
  })

  test('POST /reset resets, except for a page of another site', async () => {
    const foreign = { origin: 'http://evil.example' }
    const refused = await listen.app.inject({ method: 'POST', url: '/reset', headers: foreign })
    assert.deepEqual([refused.statusCode, refused.json().code, resets], [403, 'foreign-origin', 0])
    assert.deepEqual((await ask('POST', '/reset')).json(), {})
    assert.equal(resets, 1)
  })
})
