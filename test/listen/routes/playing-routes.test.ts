import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { UserError } from '../../../src/song/errors.ts'
import { type ListenApp, openListenApp } from '../../support/listen-app.ts'
import { separatingSong } from '../../support/listen-songs.ts'

describe('The routes of a player', () => {
  let listen: ListenApp
  const playheads: unknown[] = []
  const asked: unknown[] = []

  before(async () => {
    listen = await openListenApp({
      routes: {
        movePlayhead: ({ id }, playhead) => playheads.push({ id, ...playhead }),
        async readBlock({ song, trackId, segment }) {
          asked.push([song.id, trackId, segment])
          if (segment === 2) throw new UserError('Too many blocks.', { code: 'busy', retryAfterSeconds: 1 })
          return segment === 0 ? Buffer.from('fLaC') : null
        },
        async readPeaks(song, { bins, from, to }) {
          asked.push([song.id, bins, from, to])
          return new Map(song.tracks.map(({ id }) => [id, [id, 0]]))
        },
      },
    })
  })
  after(() => listen.close())

  test('POST /music/{id}/playhead notes the playhead of a listener', async () => {
    const { id } = separatingSong(listen.db)
    const post = (payload: unknown, songId = id) =>
      listen.app.inject({ method: 'POST', url: `/music/${songId}/playhead`, payload: JSON.stringify(payload) })
    const answer = await post({ seconds: 3.5, listener: 'me' })
    assert.deepEqual([answer.statusCode, answer.json()], [200, {}])
    assert.deepEqual(playheads, [{ id, seconds: 3.5, listener: 'me' }])
    for (const wrong of [{ seconds: -1, listener: 'me' }, { seconds: 1 }, { seconds: '1', listener: 'me' }, []])
      assert.equal((await post(wrong)).statusCode, 400)
    assert.equal((await post({ seconds: 1, listener: 'me' }, 999)).statusCode, 404)
    assert.equal(playheads.length, 1)
  })

  test('GET /music/{id}/peaks answers with the peaks of all tracks or of one', async () => {
    const { id, tracks } = separatingSong(listen.db)
    const [first, second] = tracks.map((track) => track.id)
    const url = `/music/${id}/peaks`
    const all = await listen.app.inject(`${url}?bins=2&from=1&to=3`)
    assert.deepEqual(asked.at(-1), [id, 2, 1, 3])
    assert.deepEqual(all.json(), {
      tracks: [
        { track_id: first, peaks: [first, 0] },
        { track_id: second, peaks: [second, 0] },
      ],
    })
    const one = await listen.app.inject(`${url}?track=${second}`)
    assert.deepEqual(one.json(), { tracks: [{ track_id: second, peaks: [second, 0] }] })
    assert.deepEqual(asked.at(-1), [id, 1_000, 0, undefined])
  })

  test('GET /music/{id}/peaks answers 404 for an unknown song or track, and 400 for too many peaks', async () => {
    const { id } = separatingSong(listen.db)
    const codeOf = async (url: string) => {
      const answer = await listen.app.inject(url)
      return [answer.statusCode, answer.json().code]
    }
    assert.deepEqual(await codeOf('/music/999/peaks'), [404, 'music-not-found'])
    assert.deepEqual(await codeOf(`/music/${id}/peaks?track=999`), [404, 'track-not-found'])
    assert.deepEqual(await codeOf(`/music/${id}/peaks?bins=1000000`), [400, 'bad-request'])
  })

  test('GET /music/{id}/stems/{track}/{segment} answers with FLAC if the block is final, and otherwise 404 with a time to try again', async () => {
    const { id, tracks } = separatingSong(listen.db)
    const block = (track: number | undefined, segment: number | string, songId = id) =>
      listen.app.inject(`/music/${songId}/stems/${track}/${segment}`)
    const [track] = tracks
    const flac = await block(track?.id, 0)
    assert.deepEqual([flac.statusCode, flac.headers['content-type'], flac.body], [200, 'audio/flac', 'fLaC'])
    assert.equal(flac.headers['cache-control'], 'private, max-age=60')
    const early = await block(track?.id, 1)
    assert.deepEqual([early.statusCode, early.json().code, early.headers['retry-after']], [404, 'not-yet', '1'])
    const busy = await block(track?.id, 2)
    assert.deepEqual([busy.statusCode, busy.json().code, busy.headers['retry-after']], [429, 'busy', '1'])
    asked.length = 0
    assert.equal((await block(999, 0)).json().code, 'track-not-found')
    assert.equal((await block(track?.id, 0, 999)).json().code, 'music-not-found')
    assert.equal((await block(track?.id, 'last')).json().code, 'not-found')
    assert.deepEqual(asked, [])
  })
})
