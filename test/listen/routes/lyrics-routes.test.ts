import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { LyricsWorkBody } from '../../../src/listen/lyrics-schemas.ts'
import { MAX_LYRICS_BYTES } from '../../../src/song/lyrics-limits.ts'
import { saveLyrics, useLyricsVersion } from '../../../src/store/tables/lyrics.ts'
import { type ListenApp, openListenApp } from '../../support/listen-app.ts'
import { separatedSong, separatingSong } from '../../support/listen-songs.ts'
import { wordsOf } from '../../support/words.ts'

const LRC = '[00:00.00]One line\n[00:00.01]and another'

describe('the routes of a song’s words', () => {
  let listen: ListenApp
  const asked: LyricsWorkBody[] = []
  before(async () => {
    listen = await openListenApp({
      routes: {
        saveLyrics: async ({ id: songId }, saved) => saveLyrics(listen.db, { songId, ...saved }),
        useLyrics: async ({ id: songId }, used) => useLyricsVersion(listen.db, { songId, ...used }),
        requestLyricsWork: (_song, request) => void asked.push(request),
        cancelLyricsWork: () => true,
      },
    })
  })
  after(() => listen.close())

  const send = (
    method: 'GET' | 'PUT' | 'POST' | 'DELETE',
    path: string,
    { body, revision }: { body?: unknown; revision?: number } = {},
  ) =>
    listen.app.inject({
      method,
      url: `/music/${path}`,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(revision === undefined ? {} : { 'if-match': `"${revision}"` }),
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
  const put = (id: number, body: unknown, revision?: number) =>
    send('PUT', `${id}/lyrics`, { body, ...(revision === undefined ? {} : { revision }) })
  const newSong = () => separatingSong(listen.db).id

  test('a song without words has none, under the entity tag "0"', async () => {
    const answer = await send('GET', `${newSong()}/lyrics`)
    assert.deepEqual(
      [answer.json(), answer.headers.etag],
      [{ lyrics: null, version: null, versions: [], work: null }, '"0"'],
    )
  })

  test('a pasted text is read in whatever format it is, and becomes the version in use', async () => {
    const id = newSong()
    const answer = await put(id, { text: LRC }, 0)
    assert.deepEqual([answer.statusCode, answer.headers.etag], [200, '"1"'])
    const { lyrics, version, versions } = answer.json()
    assert.deepEqual(
      lyrics.lines.map(({ startMs, words }: { startMs: number; words: { text: string }[] }) => [
        startMs,
        words.map((word) => word.text).join(''),
      ]),
      [
        [0, 'One line'],
        [10, 'and another'],
      ],
    )
    assert.deepEqual([version, lyrics.source], [1, 'pasted'])
    assert.deepEqual(
      versions.map(({ timing, lines, in_use }: { timing: string; lines: number; in_use: boolean }) => [
        timing,
        lines,
        in_use,
      ]),
      [['lines', 2, true]],
    )
  })

  test('words with all their fields are saved as they are, and an equal change makes no version', async () => {
    const id = newSong()
    const lyrics = wordsOf('one two\nthree')
    assert.deepEqual((await put(id, { lyrics }, 0)).json().lyrics, lyrics)
    const again = await put(id, { lyrics }, 1)
    assert.deepEqual([again.json().versions.length, again.headers.etag], [1, '"1"'])
  })

  test('a change based on an older revision is answered 409 with the present tag, and one that names none 428', async () => {
    const id = newSong()
    await put(id, { text: 'mine' }, 0)
    const late = await put(id, { text: 'late' }, 0)
    assert.deepEqual([late.statusCode, late.json().code, late.headers.etag], [409, 'changed-elsewhere', '"1"'])
    assert.equal((await put(id, { text: 'no tag' })).statusCode, 428)
    assert.deepEqual((await send('GET', `${id}/lyrics`)).json().versions.length, 1)
  })

  test('an earlier version can be read, and used again; then none', async () => {
    const id = newSong()
    await put(id, { text: 'first' }, 0)
    await put(id, { text: 'second' }, 1)
    const first = (await send('GET', `${id}/lyrics/versions/1`)).json().lyrics
    assert.equal(first.lines[0].words[0].text, 'first')
    const used = await send('POST', `${id}/lyrics/use`, { body: { version: 1 }, revision: 2 })
    assert.deepEqual([used.json().version, used.json().lyrics], [1, first])
    const none = await send('POST', `${id}/lyrics/use`, { body: { version: null }, revision: 3 })
    assert.deepEqual([none.json().lyrics, none.headers.etag], [null, '"4"'])
    const gone = await send('POST', `${id}/lyrics/use`, { body: { version: 9 }, revision: 4 })
    assert.deepEqual([gone.statusCode, gone.json().code], [404, 'no-lyrics'])
  })

  test('the words can be downloaded in each format, with the title of the song as the name', async () => {
    const id = separatedSong(listen.db).id
    await put(id, { text: LRC }, 0)
    for (const [format, type, beginning] of [
      ['lrc', 'text/plain; charset=utf-8', '[00:00.00]'],
      ['elrc', 'text/plain; charset=utf-8', '[00:00.00]'],
      ['srt', 'application/x-subrip; charset=utf-8', '1\n00:00:00,000'],
      ['ttml', 'application/ttml+xml; charset=utf-8', '<?xml'],
      ['txt', 'text/plain; charset=utf-8', 'One line'],
    ] as const) {
      const { headers, body } = await send('GET', `${id}/lyrics?format=${format}`)
      assert.equal(headers['content-type'], type)
      assert.match(
        String(headers['content-disposition']),
        new RegExp(`^attachment; filename="?.+\\.${format.slice(-3) === 'lrc' ? 'lrc' : format}`),
      )
      assert.ok(body.includes(beginning), `${format}: ${body.slice(0, 60)}`)
    }
  })

  test('a download says what is missing: any words, or their times', async () => {
    const id = newSong()
    const none = await send('GET', `${id}/lyrics?format=txt`)
    assert.deepEqual([none.statusCode, none.json().code], [404, 'no-lyrics'])
    await put(id, { text: 'no times' }, 0)
    const untimed = await send('GET', `${id}/lyrics?format=lrc`)
    assert.deepEqual([untimed.statusCode, untimed.json().code], [409, 'lyrics-untimed'])
    assert.equal((await send('GET', `${id}/lyrics?format=mp3`)).statusCode, 400)
  })

  test('a text of nearly 1 MB whose characters all need an escape in JSON is not too large', async () => {
    const answer = await put(newSong(), { text: `${'"'.repeat(MAX_LYRICS_BYTES - 10)} x` }, 0)
    assert.notEqual(answer.json().code, 'too-large')
  })

  test('HTML in a text is text, and control characters are left out', async () => {
    const id = newSong()
    const { lyrics } = (await put(id, { text: '<b>bold</b>\u0000 \u202eback' }, 0)).json()
    assert.deepEqual(
      lyrics.lines[0].words.map((word: { text: string }) => word.text),
      ['<b>bold</b> ', 'back'],
    )
  })

  test('what cannot be read is refused in words, and changes nothing', async () => {
    const id = newSong()
    const wrong: [unknown, number][] = [
      [{ text: '' }, 400],
      [
        {
          text: '<?xml version="1.0"?><!DOCTYPE tt [<!ENTITY x "y">]><tt xmlns="http://www.w3.org/ns/ttml"><body/></tt>',
        },
        400,
      ],
      [{ text: 'x', format: 'lrc' }, 400],
      [{ lyrics: { ...wordsOf('x'), lines: [{ words: [] }] } }, 400],
      [{ text: 'x '.repeat(MAX_LYRICS_BYTES) }, 413],
      [{ text: 'x '.repeat(3 * MAX_LYRICS_BYTES) }, 413],
    ]
    for (const [body, status] of wrong) {
      const answer = await put(id, body, 0)
      assert.equal(answer.statusCode, status, JSON.stringify(body).slice(0, 80))
      assert.ok(answer.json().error.length > 10)
    }
    assert.equal((await send('GET', `${id}/lyrics`)).headers.etag, '"0"')
  })

  test('work is passed on with its language, and can be ended', async () => {
    const id = newSong()
    const begun = await send('POST', `${id}/lyrics/work`, { body: { kind: 'align', language: 'de' } })
    assert.equal(begun.statusCode, 202)
    assert.deepEqual(asked.splice(0), [{ kind: 'align', language: 'de' }])
    assert.deepEqual((await send('DELETE', `${id}/lyrics/work`)).json(), { was_working: true })
    assert.equal((await send('POST', `${id}/lyrics/work`, { body: { kind: 'sing' } })).statusCode, 400)
  })

  test('an unknown song is answered 404 everywhere', async () => {
    for (const [method, path] of [
      ['GET', 'lyrics'],
      ['PUT', 'lyrics'],
      ['POST', 'lyrics/use'],
      ['POST', 'lyrics/work'],
      ['DELETE', 'lyrics/work'],
      ['GET', 'lyrics/versions/1'],
    ] as const) {
      const body = { PUT: { text: 'x' }, POST: path === 'lyrics/use' ? { version: null } : { kind: 'align' } }
      const options = method === 'PUT' || method === 'POST' ? { body: body[method], revision: 0 } : {}
      assert.equal((await send(method, `99999/${path}`, options)).statusCode, 404, `${method} ${path}`)
    }
  })
})
