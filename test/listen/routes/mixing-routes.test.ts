import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Mix, mixFile } from '../../../src/store/tables/files.ts'
import { type ListenApp, openListenApp } from '../../support/listen-app.ts'
import { separatedSong, separatingSong } from '../../support/listen-songs.ts'

describe('POST /music/{id}/mix', () => {
  let listen: ListenApp
  const mixes: Mix[] = []

  before(async () => {
    listen = await openListenApp({
      routes: {
        basePath: '/karaoke',
        async requestCustomMix({ id }, mix) {
          mixes.push(mix)
          return mixFile(listen.db, { songId: id, mix })
        },
      },
    })
  })
  after(() => listen.close())

  const post = (id: number, payload: unknown) =>
    listen.app.inject({ method: 'POST', url: `/music/${id}/mix`, payload: JSON.stringify(payload) })

  test('answers with the path of the mix in the requested format', async () => {
    const { id, tracks } = separatedSong(listen.db)
    const [vocals, rest] = tracks.map((track) => track.id)
    const answer = await post(id, { gains: { vocals: null, [String(rest)]: -6 }, format: 'opus' })
    assert.equal(answer.statusCode, 202)
    assert.match(answer.json().file, /^\/karaoke\/file\/\d+\?format=opus$/)
    assert.equal(answer.json().ready, false)
    assert.deepEqual(mixes, [{ tracks: [rest], gains: { [String(rest)]: -6 } }])
    await post(id, {})
    assert.deepEqual(mixes.at(-1), { tracks: [vocals, rest], gains: { [String(vocals)]: 0, [String(rest)]: 0 } })
  })

  test('takes pan by id or stem, key and tempo, and leaves out what changes nothing', async () => {
    const { id, tracks } = separatedSong(listen.db)
    const [vocals, rest] = tracks.map((track) => track.id)
    await post(id, { gains: { vocals: null }, pan: { [String(rest)]: -0.5, vocals: 1 }, semitones: -3, tempo: 0.8 })
    assert.deepEqual(mixes.at(-1), {
      tracks: [rest],
      gains: { [String(rest)]: 0 },
      pan: { [String(rest)]: -0.5 },
      semitones: -3,
      tempo: 0.8,
    })
    await post(id, { pan: { vocals: 0 }, semitones: 0, tempo: 1 })
    assert.deepEqual(mixes.at(-1), { tracks: [vocals, rest], gains: { [String(vocals)]: 0, [String(rest)]: 0 } })
  })

  test('answers 400 for a pan, a key or a tempo out of range, and 405 for the pan of an unknown track', async () => {
    const { id } = separatedSong(listen.db)
    for (const body of [
      { pan: { vocals: 1.1 } },
      { semitones: 13 },
      { semitones: 0.5 },
      { tempo: 0.2 },
      { tempo: '1' },
    ]) {
      assert.equal((await post(id, body)).statusCode, 400, JSON.stringify(body))
    }
    assert.equal((await post(id, { pan: { kazoo: 1 } })).statusCode, 405)
  })

  test('answers 405 before the song is separated, for an unknown track and if all tracks are off', async () => {
    const { id } = separatedSong(listen.db)
    const refused = async (songId: number, payload: unknown) => {
      const answer = await post(songId, payload)
      return [answer.statusCode, answer.json().code]
    }
    const count = mixes.length
    assert.deepEqual(await refused(separatingSong(listen.db).id, {}), [405, 'not-yet'])
    assert.deepEqual(await refused(id, { gains: { kazoo: 0 } }), [405, 'track-not-found'])
    assert.deepEqual(await refused(id, { gains: { vocals: null, rest: null } }), [405, 'track-not-found'])
    assert.equal(mixes.length, count)
  })

  test('answers 400 for an invalid gain or format, and 404 for an unknown song', async () => {
    const { id } = separatedSong(listen.db)
    assert.equal((await post(id, { gains: { vocals: 40 } })).statusCode, 400)
    assert.equal((await post(id, { format: 'midi' })).statusCode, 400)
    assert.equal((await post(999, {})).statusCode, 404)
  })
})
