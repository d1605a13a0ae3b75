import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { PageEvent } from '../../../src/listen/events/page-events.ts'
import type { Music, WorkerAnswer } from '../../../src/listen/schemas.ts'
import type { ModelAnswer } from '../../../web/src/server/api.ts'
import { setlists } from '../../../web/src/server/setlists.ts'
import { isConnected, listen, models, practiceVersions, songs, workers } from '../../../web/src/server/songs.ts'
import { until } from '../../support/wait.ts'

/** The browser's EventSource, as far as the page uses it. */
class FakeEventSource extends EventTarget {
  static readonly CLOSED = 2
  static newest: FakeEventSource
  readonly readyState = 1
  readonly url: string
  onopen = (): void => undefined
  onerror = (): void => undefined

  constructor(url: string) {
    super()
    this.url = url
    FakeEventSource.newest = this
  }

  close(): void {}

  send({ type, data }: PageEvent): void {
    this.dispatchEvent(Object.assign(new Event(type), { data: JSON.stringify(data) }))
  }
}

const music = (music_id: number, name: string): Music => ({
  music_id,
  name,
  band: '',
  tracks: [],
  duration: null,
  model: '',
  state: 'added',
  warnings: [],
  cover: null,
  arrival: null,
})

const worker = (name: string, ability: string): WorkerAnswer => ({
  worker: name,
  host: '',
  pid: 1,
  state: 'idle',
  job_id: null,
  music_id: null,
  models: [ability],
  since: '',
  jobs: 0,
  speed: null,
})

const GIG = { setlist_id: 1, name: 'Gig', songs: [1], version: 1 }

describe('what the page knows of the server', () => {
  /** The requests for models that wait for an answer. */
  let modelRequests: PromiseWithResolvers<Response>[]

  before(async () => {
    modelRequests = []
    const answers: Record<string, () => Response | Promise<Response>> = {
      '/music': () => Response.json([music(1, 'Fetched')], { headers: { 'x-minus-one-version': '77' } }),
      '/workers': () => Response.json([]),
      '/setlists': () => Response.json([GIG]),
      '/models': () => {
        const request = Promise.withResolvers<Response>()
        modelRequests.push(request)
        return request.promise
      },
    }
    const { setTimeout } = globalThis
    Object.assign(globalThis, {
      // The page waits RESTORABLE_MS before it forgets a deleted song; the test does not.
      setTimeout: (run: () => void, ms: number) => setTimeout(run, ms).unref(),
      location: { href: 'http://server.test/assets/page.js', origin: 'http://server.test' },
      EventSource: FakeEventSource,
      fetch: async (url: string) => answers[new URL(url).pathname]?.() ?? Response.error(),
    })
    listen()
    await until('the library is there and the events are listened to', () => songs.value.size === 1)
  })

  const events = () => FakeEventSource.newest
  const nameOf = (musicId: number) => songs.value.get(musicId)?.music.name

  test('begins with the songs that are fetched, and goes on from their version', () => {
    assert.equal(nameOf(1), 'Fetched')
    assert.equal(events().url, 'http://server.test/events?since=77')
    assert.equal(isConnected.value, true)
    assert.deepEqual(setlists.value, [GIG])
  })

  test('has the setlists as the server told them last', async () => {
    events().send({ type: 'setlists', data: [{ ...GIG, songs: [], version: 2 }] })
    await until('they are applied', () => setlists.value[0]?.version === 2)
    assert.deepEqual(setlists.value, [{ ...GIG, songs: [], version: 2 }])
  })

  test('follows the events: songs come, are renamed, get segments and go', async () => {
    events().send({ type: 'song', data: music(1, 'Renamed') })
    events().send({ type: 'song', data: music(2, 'New') })
    const segment = { startSample: 0, samples: 10, worker: null, attempt: 0, version: 0 }
    events().send({ type: 'job', data: { music_id: 2, index: 1, state: 'expected', ...segment } })
    events().send({ type: 'job', data: { music_id: 2, index: 0, state: 'expected', ...segment } })
    events().send({ type: 'job', data: { music_id: 2, index: 1, state: 'final', ...segment } })
    await until('the events are applied', () => nameOf(1) === 'Renamed' && nameOf(2) === 'New')
    const states = songs.value.get(2)?.segments.map(({ index, state }) => `${index} ${state}`)
    assert.deepEqual(states, ['0 expected', '1 final'])
    events().send({ type: 'deleted', data: { music_id: 2 } })
    await until('the song is gone', () => !songs.value.has(2))
    events().send({ type: 'reset', data: {} })
    await until('all are gone', () => songs.value.size === 0)
  })

  test('keeps the newest answer about models, even if an earlier one comes later', async () => {
    const known = modelRequests.length
    events().send({ type: 'workers', data: [worker('a', 'small')] })
    await until('models are asked for', () => modelRequests.length > known)
    events().send({ type: 'workers', data: [worker('a', 'large')] })
    await until('models are asked for again', () => modelRequests.length > known + 1)
    const [older, newer] = modelRequests.slice(-2)
    const olderModels = [{ name: 'older' }] as ModelAnswer[]
    const newerModels = [{ name: 'newer' }] as ModelAnswer[]
    newer?.resolve(Response.json(newerModels))
    await until('the newer answer is there', () => models.value[0]?.name === 'newer')
    older?.resolve(Response.json(olderModels))
    // The page reads the answer as a stream, which takes a few turns of the event loop.
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
    assert.equal(models.value[0]?.name, 'newer')
    assert.equal(workers.value[0]?.models[0], 'large')
  })

  test('keeps the newest version of the practice settings of each song', async () => {
    for (const version of [1, 2]) events().send({ type: 'practice', data: { music_id: 5, version } })
    events().send({ type: 'practice', data: { music_id: 6, version: 9 } })
    await until('the events are applied', () => practiceVersions.value.has(6))
    assert.deepEqual([...practiceVersions.value].sort(), [
      [5, 2],
      [6, 9],
    ])
  })

  test('tells whether the server can be reached', async () => {
    events().onerror()
    await until('it is lost', () => !isConnected.value)
    events().onopen()
    await until('it is back', () => isConnected.value)
  })
})
