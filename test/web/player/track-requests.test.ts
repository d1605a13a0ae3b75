import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { TrackRequests } from '../../../web/src/player/track-requests.ts'

const SONG = 1
const ALL = [1, 2, 3]

describe('the tracks that a mix keeps', () => {
  let requests: { tracks: readonly number[]; resolve(): void; reject(error: Error): void }[]
  let requester: TrackRequests

  beforeEach(() => {
    requests = []
    requester = new TrackRequests((_musicId, tracks) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      requests.push({ tracks, resolve, reject })
      return promise
    })
  })

  const sent = () => requests.map(({ tracks }) => tracks.join())

  test('are not sent if the server keeps them already', async () => {
    await requester.send(SONG, ALL, ALL)
    assert.deepEqual(sent(), [])
  })

  test('are sent one request after the other, and of those that come meanwhile only the newest', async () => {
    const first = requester.send(SONG, [2, 3], ALL)
    void requester.send(SONG, [3], ALL)
    void requester.send(SONG, [1, 3], ALL)
    assert.deepEqual(sent(), ['2,3'])
    requests[0]?.resolve()
    await new Promise(setImmediate)
    assert.deepEqual(sent(), ['2,3', '1,3'])
    requests[1]?.resolve()
    await first
  })

  test('are sent if they are changed back before the server has told of the change', async () => {
    const first = requester.send(SONG, [2, 3], ALL)
    requests[0]?.resolve()
    await first
    void requester.send(SONG, ALL, ALL)
    assert.deepEqual(sent(), ['2,3', '1,2,3'])
  })

  test('of other songs are sent at once', () => {
    void requester.send(SONG, [2], ALL)
    void requester.send(SONG + 1, [2], ALL)
    assert.equal(requests.length, 2)
  })

  test('are sent after a failed request, whose failure then does not matter', async () => {
    const first = requester.send(SONG, [2], ALL)
    void requester.send(SONG, [3], ALL)
    requests[0]?.reject(new Error('The server is away.'))
    await new Promise(setImmediate)
    assert.deepEqual(sent(), ['2', '3'])
    requests[1]?.reject(new Error('The server is still away.'))
    await assert.rejects(first, /still away/)
    void requester.send(SONG, [3], ALL)
    assert.equal(requests.length, 3, 'a failed request is sent again when asked for')
  })
})
