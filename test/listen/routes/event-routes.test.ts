import assert from 'node:assert/strict'
import type { Readable } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import { addSetlist } from '../../../src/store/tables/setlists.ts'
import { type ListenApp, openListenApp } from '../../support/listen-app.ts'
import { separatingSong } from '../../support/listen-songs.ts'

describe('The routes of events', () => {
  let listen: ListenApp
  let listeners = 0

  before(async () => {
    listen = await openListenApp({ routes: { workers: () => [], expectListener: () => listeners++ } })
  })
  after(() => listen.close())

  /** The beginning of a stream, up to the given text. */
  async function hear(url: string, until: string, headers = {}): Promise<string> {
    const answer = await listen.app.inject({ url, headers, payloadAsStream: true })
    assert.equal(answer.headers['content-type'], 'text/event-stream; charset=utf-8')
    const stream: Readable = answer.stream()
    let text = ''
    for await (const chunk of stream) {
      text += String(chunk)
      if (text.includes(until)) break
    }
    answer.raw.res.destroy()
    return text
  }

  test('GET /events first sends the present state of all songs, setlists and workers', async () => {
    const { id } = separatingSong(listen.db)
    addSetlist(listen.db, { name: 'Gig', songs: [id] })
    const text = await hear('/events', 'event: workers')
    assert.match(text, new RegExp(`event: song\ndata: {"music_id":${id},`))
    assert.match(text, /event: progress\n/)
    assert.ok(text.includes(`event: setlists\ndata: [{"setlist_id":1,"name":"Gig","songs":[${id}],"version":1}]`))
    assert.equal(listeners, 1)
  })

  test('GET /events?since sends only changes since that version, and answers 410 for an unknown version', async () => {
    separatingSong(listen.db)
    const version = listen.events.version()
    listen.events.tell({ type: 'deleted', songId: 7, data: () => ({ music_id: 7 }) })
    const text = await hear(`/events?since=${version}`, 'event: deleted')
    assert.doesNotMatch(text, /event: song/)
    const gone = await listen.app.inject(`/events?since=${version - 1_000}`)
    assert.deepEqual([gone.statusCode, gone.json().code], [410, 'version-gone'])
    assert.equal((await listen.app.inject('/events?since=yesterday')).statusCode, 400)
  })

  test('GET /events with a Last-Event-ID sends only later events', async () => {
    const version = listen.events.version()
    listen.events.tell({ type: 'deleted', songId: 8, data: () => ({ music_id: 8 }) })
    const text = await hear('/events', '"music_id":8', { 'last-event-id': String(version) })
    assert.doesNotMatch(text, /event: song/)
  })

  test('GET /music/{id}/events sends one song with its segments, and answers 404 for an unknown song', async () => {
    const { id } = separatingSong(listen.db)
    const text = await hear(`/music/${id}/events`, 'event: job')
    assert.deepEqual(
      [...text.matchAll(/event: song\ndata: {"music_id":(\d+)/g)].map(([, found]) => Number(found)),
      [id],
    )
    assert.equal((await listen.app.inject('/music/999/events')).statusCode, 404)
  })

  test('HEAD answers 404 for events', async () => {
    assert.equal((await listen.app.inject({ method: 'HEAD', url: '/events' })).statusCode, 404)
  })
})
