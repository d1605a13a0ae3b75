import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { MAX_SETLIST_SONGS } from '../../../src/song/setlist-limits.ts'
import { type ListenApp, openListenApp } from '../../support/listen-app.ts'
import { separatingSong } from '../../support/listen-songs.ts'

describe('The routes of setlists', () => {
  let listen: ListenApp
  let saved = 0
  let songs: number[]

  before(async () => {
    const saveSetlists = async () => void saved++
    listen = await openListenApp({ routes: { saveSetlists, basePath: '/minus' } })
    songs = [separatingSong(listen.db).id, separatingSong(listen.db).id, separatingSong(listen.db).id]
  })
  after(() => listen.close())

  async function ask(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    url: string,
    { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
  ) {
    const payload = typeof body === 'string' ? body : body && JSON.stringify(body)
    const answer = await listen.app.inject({ method, url, headers, ...(payload ? { payload } : {}) })
    return { status: answer.statusCode, headers: answer.headers, json: answer.json() }
  }

  async function newSetlist(body: object = { name: 'Gig', songs }): Promise<{ id: number; url: string }> {
    const { status, json } = await ask('POST', '/setlists', { body })
    assert.equal(status, 201, JSON.stringify(json))
    return { id: json.setlist_id, url: `/setlists/${json.setlist_id}` }
  }

  test('POST /setlists adds one, and GET tells it with its version as ETag', async () => {
    const before = saved
    const added = await ask('POST', '/setlists', { body: { name: '  Été \u0007🎤 ', songs: songs.slice(0, 2) } })
    const setlist = { setlist_id: added.json.setlist_id, name: 'Été  🎤', songs: songs.slice(0, 2), version: 1 }
    assert.deepEqual([added.status, added.json, added.headers.etag], [201, setlist, '"1"'])
    assert.equal(added.headers.location, `/minus/setlists/${setlist.setlist_id}`)
    const got = await ask('GET', `/setlists/${setlist.setlist_id}`)
    assert.deepEqual([got.json, got.headers.etag], [setlist, '"1"'])
    assert.deepEqual((await ask('GET', '/setlists')).json, [setlist])
    assert.equal(saved, before + 1)
    assert.deepEqual((await ask('POST', '/setlists', { body: { name: 'Empty' } })).json.songs, [])
  })

  test('PUT replaces the version that If-Match names, and answers with the next ETag', async () => {
    const { url } = await newSetlist()
    const body = { name: 'Gig 2', songs: [songs[2], songs[0]] }
    const put = await ask('PUT', url, { body, headers: { 'if-match': '"1"' } })
    assert.deepEqual([put.status, put.json.songs, put.headers.etag], [200, body.songs, '"2"'])
    const same = await ask('PUT', url, { body, headers: { 'if-match': 'W/"2"' } })
    assert.deepEqual([same.status, same.headers.etag], [200, '"2"'], 'a proxy has weakened the tag')
    const any = await ask('PUT', url, { body: { name: 'Any', songs: [] }, headers: { 'if-match': '*' } })
    assert.deepEqual([any.status, any.json.name], [200, 'Any'])
  })

  test('PUT without If-Match is refused with 428, and with an old version with 409 and the present ETag', async () => {
    const { url } = await newSetlist()
    const before = saved
    const body = { name: 'Overwritten', songs: [] }
    const without = await ask('PUT', url, { body })
    assert.deepEqual([without.status, without.json.code], [428, 'version-missing'])
    await ask('POST', `${url}/songs`, { body: { music_id: separatingSong(listen.db).id } })
    for (const tag of ['"1"', '1', '"3"', 'x']) {
      const stale = await ask('PUT', url, { body, headers: { 'if-match': tag } })
      assert.deepEqual([stale.status, stale.json.code, stale.headers.etag], [409, 'changed-elsewhere', '"2"'], tag)
    }
    const now = await ask('GET', url)
    assert.deepEqual([now.json.name, now.json.songs.length], ['Gig', 4])
    assert.equal(saved, before + 1)
  })

  test('POST /setlists/{id}/songs appends a song once, whatever the version', async () => {
    const { url } = await newSetlist({ name: 'Gig', songs: songs.slice(0, 1) })
    const append = () => ask('POST', `${url}/songs`, { body: { music_id: songs[1] } })
    for (let time = 0; time < 2; time++) {
      const { status, json, headers } = await append()
      assert.deepEqual([status, json.songs, headers.etag], [200, songs.slice(0, 2), '"2"'])
    }
  })

  test('DELETE removes a setlist once, and POST restore takes it back once', async () => {
    const { id, url } = await newSetlist()
    assert.deepEqual((await ask('DELETE', url)).json, {})
    assert.equal((await ask('DELETE', url)).json.code, 'setlist-not-found')
    assert.equal((await ask('GET', url)).status, 404)
    const restored = await ask('POST', `${url}/restore`)
    assert.deepEqual([restored.status, restored.json.setlist_id, restored.json.songs], [200, id, songs])
    const again = await ask('POST', `${url}/restore`)
    assert.deepEqual([again.status, again.json.code], [404, 'setlist-not-deleted'])
  })

  test('an unknown setlist is answered 404, whatever the body and the version', async () => {
    for (const [method, url] of [
      ['GET', '/setlists/999'],
      ['PUT', '/setlists/999'],
      ['POST', '/setlists/999/songs'],
      ['DELETE', '/setlists/999'],
    ] as const) {
      const { status, json } = await ask(method, url, method === 'GET' ? {} : { body: { odd: true } })
      assert.deepEqual([status, json.code], [404, 'setlist-not-found'], `${method} ${url}`)
    }
    assert.equal((await ask('GET', '/setlists/first')).json.code, 'not-found')
  })

  test('unknown songs are named and refused with 422, and nothing changes', async () => {
    const { url } = await newSetlist()
    const refused = await ask('POST', '/setlists', { body: { name: 'No', songs: [songs[0], 998, 999] } })
    assert.deepEqual([refused.status, refused.json.code], [422, 'unknown-song-in-setlist'])
    assert.match(refused.json.error, /There is no song 998, 999/)
    const append = await ask('POST', `${url}/songs`, { body: { music_id: 999 } })
    assert.equal(append.status, 422)
    const put = await ask('PUT', url, { body: { name: 'No', songs: [999] }, headers: { 'if-match': '"1"' } })
    assert.equal(put.status, 422)
    assert.deepEqual((await ask('GET', url)).json.songs, songs)
  })

  test('a name of 120 characters is taken, and other names are refused', async () => {
    const longest = '🎤'.repeat(120)
    await newSetlist({ name: longest })
    for (const name of ['', ' \u0000\u202e\n ', `${longest}x`, 'x'.repeat(5_000), 7, null, undefined, ['x']]) {
      const { status, json } = await ask('POST', '/setlists', { body: { name } })
      assert.deepEqual([status, json.code], [400, 'bad-request'], String(name))
    }
    const halfPair = await ask('POST', '/setlists', { body: '{"name":"\\ud83c!"}' })
    assert.equal(halfPair.json.name, '\ufffd!')
  })

  test('lists that are too long, have a song twice or are no lists of ids are refused', async () => {
    const { url } = await newSetlist()
    const tooLong = Array.from({ length: MAX_SETLIST_SONGS + 1 }, (_, i) => i + 1)
    const odd = [tooLong, [songs[0], songs[0]], [0], [-1], [1.5], [1e300], ['1'], [null], [[1]], { 0: 1 }, 'all', 1]
    for (const list of odd) {
      const headers = { 'if-match': '"1"' }
      const { status, json } = await ask('PUT', url, { body: { name: 'x', songs: list }, headers })
      assert.deepEqual([status, json.code], [400, 'bad-request'], JSON.stringify(list).slice(0, 50))
    }
    const twice = await ask('POST', '/setlists', { body: { name: 'x', songs: [songs[0], songs[0]] } })
    assert.match(twice.json.error, /has a song twice/)
    const long = await ask('POST', '/setlists', { body: { name: 'x', songs: tooLong } })
    assert.match(long.json.error, /has more than 2000 songs/)
    const headers = { 'if-match': '"1"' }
    const withoutSongs = await ask('PUT', url, { body: { name: 'x' }, headers })
    assert.equal(withoutSongs.status, 400, 'a forgotten list does not empty the setlist')
  })

  test('bodies that are no objects are refused, and unknown keys are harmless', async () => {
    const { url } = await newSetlist()
    for (const body of ['[]', '"x"', '{', 'null', '1e999']) {
      for (const path of ['/setlists', `${url}/songs`]) assert.equal((await ask('POST', path, { body })).status, 400)
    }
    assert.equal((await ask('POST', '/setlists')).status, 400)
    const odd = await ask('POST', '/setlists', {
      body: '{"name":"x","__proto__":{"songs":[1]},"version":9,"setlist_id":1}',
    })
    assert.deepEqual([odd.status, odd.json.version, odd.json.songs], [201, 1, []])
    assert.equal((await ask('POST', '/setlists', { body: ' '.repeat(2 << 20) })).status, 413)
  })

  test('a page of another site and a request without the access token are refused', async () => {
    const foreign = { origin: 'http://evil.example' }
    const refused = await ask('POST', '/setlists', { body: { name: 'x' }, headers: foreign })
    assert.deepEqual([refused.status, refused.json.code], [403, 'foreign-origin'])
    const guarded = await openListenApp({ guard: { accessToken: 'secret' } })
    assert.equal((await guarded.app.inject('/setlists')).statusCode, 401)
    await guarded.close()
  })
})
