import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { UserError } from '../../../src/song/errors.ts'
import { jobsOfSong } from '../../../src/store/queries/jobs.ts'
import { markBlockFinal } from '../../../src/store/transitions/jobs.ts'
import { retrySong } from '../../../src/store/transitions/songs.ts'
import { type ListenApp, openListenApp } from '../../support/listen-app.ts'
import { failedSong, separatedSong, separatingSong } from '../../support/listen-songs.ts'

describe('The routes of a separation', () => {
  let listen: ListenApp
  let requested: { id: number; tracks: readonly number[] }[] = []
  let refusal: Error | undefined

  before(async () => {
    listen = await openListenApp({
      routes: {
        async requestMix({ id }, tracks) {
          if (refusal) throw refusal
          requested.push({ id, tracks })
        },
        retrySong: async (songId) => retrySong(listen.db, songId),
        whyWaiting: () => 'No worker is connected; songs wait.',
      },
    })
  })
  after(() => listen.close())

  const get = (url: string) => listen.app.inject(url)
  const post = (url: string, payload?: unknown) =>
    listen.app.inject({ method: 'POST', url, ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }) })

  test('POST /music/{id} accepts tracks by id and by stem, and all but the voice as instrumental', async () => {
    const { id, tracks } = separatingSong(listen.db)
    const [vocals, rest] = tracks.map((track) => track.id)
    for (const wanted of [[rest], ['rest'], ['instrumental'], { tracks: ['rest'] }, { instruments: [rest, rest] }]) {
      requested = []
      const answer = await post(`/music/${id}`, wanted)
      assert.equal(answer.statusCode, 200)
      assert.equal(answer.json().music_id, id)
      assert.deepEqual(requested, [{ id, tracks: [rest] }])
    }
    requested = []
    await post(`/music/${id}`, ['rest', vocals])
    assert.deepEqual(requested, [{ id, tracks: [vocals, rest] }])
  })

  test('POST /music/{id} answers 405 for unknown tracks and for none, and 400 for an invalid body', async () => {
    const { id } = separatingSong(listen.db)
    requested = []
    for (const wanted of [['kazoo'], [999], []]) {
      const answer = await post(`/music/${id}`, wanted)
      assert.deepEqual([answer.statusCode, answer.json().code], [405, 'track-not-found'])
    }
    assert.equal((await post(`/music/${id}`, { other: 1 })).json().code, 'bad-request')
    const broken = await listen.app.inject({ method: 'POST', url: `/music/${id}`, payload: 'no json' })
    assert.deepEqual([broken.statusCode, broken.json().code], [400, 'not-json'])
    assert.deepEqual(requested, [])
  })

  test('POST /music/{id} answers 507 if the disk has no room', async () => {
    const { id } = separatingSong(listen.db)
    refusal = new UserError('There is no room.', { code: 'no-room', retryAfterSeconds: 30 })
    const answer = await post(`/music/${id}`, ['rest'])
    refusal = undefined
    assert.deepEqual([answer.statusCode, answer.json().code, answer.headers['retry-after']], [507, 'no-room', '30'])
  })

  test('all of them answer 404 for an unknown song, whatever the body', async () => {
    for (const url of ['/music/999', '/music/999/segments']) {
      const answer = await get(url)
      assert.deepEqual([answer.statusCode, answer.json().code], [404, 'music-not-found'])
    }
    assert.equal((await post('/music/999', 'no tracks')).statusCode, 404)
    assert.equal((await post('/music/999/retry')).statusCode, 404)
    assert.equal((await get('/music/abc')).json().code, 'not-found')
  })

  test('GET /music/{id} answers with the progress of a song, and does not write', async () => {
    const { id } = separatingSong(listen.db)
    const [job] = jobsOfSong(listen.db, id)
    assert.ok(job)
    markBlockFinal(listen.db, { jobId: job.id, sha256: 'x' })
    const changes = listen.db.totalChanges
    const answer = await get(`/music/${id}`)
    assert.equal(listen.db.totalChanges, changes)
    const { progress, state, waits_for, chunks } = answer.json()
    assert.deepEqual([state, waits_for], ['waiting-for-workers', 'No worker is connected; songs wait.'])
    assert.ok(progress >= 0 && progress <= 99)
    assert.equal(chunks.done, 0)
  })

  test('GET /music/{id}/segments answers with the state of each segment', async () => {
    const { id } = separatedSong(listen.db)
    const { total, segments } = (await get(`/music/${id}/segments`)).json()
    assert.equal(total, 2)
    assert.deepEqual(
      segments.map(({ state, samples }: { state: string; samples: number }) => [state, samples]),
      [
        ['waiting', 10],
        ['waiting', 10],
      ],
    )
  })

  test('POST /music/{id}/retry restarts a failed song, and answers 405 for any other', async () => {
    const { id } = failedSong(listen.db, 'It was too loud.')
    assert.equal((await get(`/music/${id}`)).json().error, 'It was too loud.')
    const answer = await post(`/music/${id}/retry`)
    assert.deepEqual([answer.statusCode, answer.json().error], [200, null])
    const again = await post(`/music/${id}/retry`)
    assert.deepEqual([again.statusCode, again.json().code], [405, 'song-not-failed'])
  })
})
