import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { renameSong } from '../../../src/store/transitions/songs.ts'
import { type ListenApp, openListenApp } from '../../support/listen-app.ts'
import { separatingSong } from '../../support/listen-songs.ts'

describe('PATCH /music/{id}', () => {
  let listen: ListenApp

  before(async () => {
    listen = await openListenApp({
      routes: { renameSong: async ({ id: songId }, names) => renameSong(listen.db, { songId, ...names }) },
    })
  })
  after(() => listen.close())

  const patch = (id: number, payload: unknown) =>
    listen.app.inject({ method: 'PATCH', url: `/music/${id}`, payload: JSON.stringify(payload) })

  test('changes the given names only', async () => {
    const { id } = separatingSong(listen.db)
    const named = await patch(id, { name: '  New name ' })
    assert.deepEqual([named.statusCode, named.json().name, named.json().band], [200, 'New name', ''])
    const band = await patch(id, { band: 'New band' })
    assert.deepEqual([band.json().name, band.json().band], ['New name', 'New band'])
  })

  test('answers 400 for an empty or too long name, and 404 for an unknown song with any name', async () => {
    const { id } = separatingSong(listen.db)
    for (const name of ['  ', 'x'.repeat(301), 7]) assert.equal((await patch(id, { name })).statusCode, 400)
    assert.equal((await patch(999, { name: '' })).json().code, 'music-not-found')
  })
})
