import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { NO_PRACTICE_SETTINGS } from '../../../src/song/practice-settings.ts'
import { savePracticeSettings } from '../../../src/store/tables/practice-settings.ts'
import { deleteSong } from '../../../src/store/transitions/songs.ts'
import { type ListenApp, openListenApp } from '../../support/listen-app.ts'
import { separatedSong, separatingSong } from '../../support/listen-songs.ts'

const MIX = { gains: { vocals: -6 }, muted: ['rest'], solo: [], pan: { vocals: -0.5 } }

describe('GET and PUT /music/{id}/practice', () => {
  let listen: ListenApp
  before(async () => {
    listen = await openListenApp({
      routes: {
        savePractice: async ({ id: songId }, practice) => savePracticeSettings(listen.db, { songId, ...practice }),
      },
    })
  })
  after(() => listen.close())

  const get = (id: number) => listen.app.inject({ method: 'GET', url: `/music/${id}/practice` })
  const put = (id: number, settings: unknown, version?: string) =>
    listen.app.inject({
      method: 'PUT',
      url: `/music/${id}/practice`,
      headers: { 'content-type': 'application/json', ...(version === undefined ? {} : { 'if-match': version }) },
      payload: typeof settings === 'string' ? settings : JSON.stringify(settings),
    })

  test('a song that nobody practised has the defaults, under the entity tag "0"', async () => {
    const answer = await get(separatedSong(listen.db).id)
    assert.deepEqual([answer.json(), answer.headers.etag], [NO_PRACTICE_SETTINGS, '"0"'])
  })

  test('what is saved is read again, under the new entity tag', async () => {
    const { id } = separatedSong(listen.db)
    const settings = {
      mix: MIX,
      semitones: -3,
      tempo: 0.8,
      loop: { start: 0, end: 0.0002 },
      markers: [{ seconds: 0, name: 'Bridge' }],
    }
    const saved = await put(id, settings, '"0"')
    assert.deepEqual([saved.statusCode, saved.headers.etag], [200, '"1"'])
    const answer = await get(id)
    assert.deepEqual([answer.json(), answer.headers.etag], [settings, '"1"'])
  })

  test('a change based on an older version is answered 409 with the present tag, and changes nothing', async () => {
    const { id } = separatedSong(listen.db)
    await put(id, { ...NO_PRACTICE_SETTINGS, semitones: 2 }, '"0"')
    for (const version of ['"0"', '"7"', 'x']) {
      const late = await put(id, { ...NO_PRACTICE_SETTINGS, semitones: 5 }, version)
      assert.deepEqual(
        [late.statusCode, late.json().code, late.headers.etag],
        [409, 'changed-elsewhere', '"1"'],
        version,
      )
    }
    assert.equal((await get(id)).json().semitones, 2)
  })

  test('a change that names no version is answered 428', async () => {
    const { id } = separatedSong(listen.db)
    const answer = await put(id, NO_PRACTICE_SETTINGS)
    assert.deepEqual([answer.statusCode, answer.json().code], [428, 'version-missing'])
  })

  test('settings that make no sense are answered 400 and change nothing', async () => {
    const { id } = separatedSong(listen.db)
    const marker = { seconds: 0, name: 'x' }
    const wrong: object[] = [
      { semitones: 13 },
      { semitones: 0.5 },
      { tempo: 0 },
      { tempo: 1e9 },
      { loop: { start: 2, end: 1 } },
      { loop: { start: 0, end: 0 } },
      { markers: Array.from({ length: 101 }, () => marker) },
      { markers: [{ seconds: -1, name: 'x' }] },
      { markers: [{ seconds: 0, name: '   ' }] },
      { markers: [{ seconds: 0, name: 'x'.repeat(61) }] },
      { mix: { ...MIX, solo: ['constructor'] } },
      { mix: { ...MIX, gains: { vocals: 99 } } },
      { mix: { ...MIX, pan: { vocals: 2 } } },
      { extra: true },
    ]
    for (const changes of wrong) {
      const answer = await put(id, { ...NO_PRACTICE_SETTINGS, ...changes }, '"0"')
      assert.equal(answer.statusCode, 400, JSON.stringify(changes))
    }
    assert.equal((await get(id)).headers.etag, '"0"')
  })

  test('a loop or marker outside the song, or a stem that it does not have, is refused by name', async () => {
    const { id } = separatedSong(listen.db) // 20 samples
    const wrong: [object, RegExp][] = [
      [{ loop: { start: 0.5, end: 0.9 } }, /loop from 0\.5 s to 0\.9 s is not inside song \d+, which ends at 0\.00 s/],
      [{ loop: { start: 0, end: 9 } }, /loop from 0 s to 9 s/],
      [{ markers: [{ seconds: 9, name: 'Coda' }] }, /marker “Coda” at 9 s is behind the end of song/],
      [{ mix: { ...MIX, muted: ['kazoo'] } }, /has no stem “kazoo”\. It has vocals, rest\./],
    ]
    for (const [changes, message] of wrong) {
      const answer = await put(id, { ...NO_PRACTICE_SETTINGS, ...changes }, '"0"')
      assert.deepEqual([answer.statusCode, answer.json().code], [400, 'bad-request'])
      assert.match(answer.json().error, message)
    }
    const nearlyInside = { loop: { start: 0, end: 0.9 }, markers: [{ seconds: 0.9, name: 'End' }] }
    assert.equal((await put(id, { ...NO_PRACTICE_SETTINGS, ...nearlyInside }, '"0"')).statusCode, 200)
    const undecoded = separatingSong(listen.db)
    const late = { ...NO_PRACTICE_SETTINGS, loop: { start: 50, end: 60 } }
    assert.equal((await put(undecoded.id, late, '"0"')).statusCode, 200, 'its length is not known yet')
  })

  test('a body that is too large, or no JSON, is refused', async () => {
    const { id } = separatedSong(listen.db)
    const many = { ...NO_PRACTICE_SETTINGS, markers: Array.from({ length: 10_000 }, () => ({ seconds: 0, name: 'x' })) }
    assert.equal((await put(id, many, '"0"')).statusCode, 400)
    assert.equal((await put(id, { ...NO_PRACTICE_SETTINGS, x: 'x'.repeat(1 << 20) }, '"0"')).statusCode, 413)
    for (const tempo of ['NaN', 'Infinity', '1e999'])
      assert.equal(
        (await put(id, JSON.stringify(NO_PRACTICE_SETTINGS).replace('"tempo":1', `"tempo":${tempo}`), '"0"'))
          .statusCode,
        400,
        tempo,
      )
  })

  test('a stem called __proto__ is no stem', async () => {
    const { id } = separatedSong(listen.db)
    const hostile = JSON.stringify({ ...NO_PRACTICE_SETTINGS, mix: MIX }).replace('"vocals":-6', '"__proto__":{"x":1}')
    await put(id, hostile, '"0"')
    assert.deepEqual((await get(id)).json().mix.gains, {})
    assert.equal('x' in {}, false)
  })

  test('an unknown or deleted song is answered 404', async () => {
    const { id } = separatedSong(listen.db)
    deleteSong(listen.db, id)
    assert.deepEqual([(await get(id)).statusCode, (await put(id, NO_PRACTICE_SETTINGS, '"0"')).statusCode], [404, 404])
    assert.equal((await get(999)).statusCode, 404)
    assert.equal((await put(999, NO_PRACTICE_SETTINGS, '"0"')).statusCode, 404)
  })
})
