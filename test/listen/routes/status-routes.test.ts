import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Health, ModelAnswer, WorkerAnswer } from '../../../src/listen/schemas.ts'
import { type ListenApp, openListenApp } from '../../support/listen-app.ts'

const WORKER: WorkerAnswer = {
  worker: 'w',
  host: 'h',
  pid: 1,
  state: 'idle',
  job_id: null,
  music_id: null,
  models: ['m-1'],
  since: '2026-01-01T00:00:00.000Z',
  jobs: 0,
  speed: null,
}

const MODEL: ModelAnswer = {
  name: 'm',
  title: 'M',
  stems: ['vocals', 'rest'],
  installed: true,
  default: true,
  workers: 1,
  sdr: { published: {}, measured: { vocals: 5.6 } },
  seconds_per_second: 0.1,
  memory_mb: 100,
  megabytes: 50,
  licence: 'MIT',
  source: 'https://models.example',
}

describe('The routes that show the state of the server', () => {
  let listen: ListenApp
  let health: Health = { ok: true, reasons: [], version: '0.0.0', workers: 1 }

  before(async () => {
    listen = await openListenApp({
      guard: { accessToken: 'secret token' },
      routes: {
        workers: () => [WORKER],
        models: () => [MODEL],
        health: () => health,
        metrics: async () => ({ type: 'text/plain; version=0.0.4', text: 'up 1\n' }),
      },
    })
  })
  after(() => listen.close())

  const headers = { authorization: 'Bearer secret token' }
  const get = (url: string) => listen.app.inject({ url, headers })

  test('GET /workers, /models and /metrics answer with workers, models and metrics', async () => {
    assert.deepEqual((await get('/workers')).json(), [WORKER])
    assert.deepEqual((await get('/models')).json(), [MODEL])
    const metrics = await get('/metrics')
    assert.deepEqual([metrics.body, metrics.headers['content-type']], ['up 1\n', 'text/plain; version=0.0.4'])
  })

  test('GET /workers, /models and /metrics answer 401 without the access token', async () => {
    for (const url of ['/workers', '/models', '/metrics']) {
      const answer = await listen.app.inject(url)
      assert.deepEqual([answer.statusCode, answer.json().code], [401, 'unauthorized'], url)
    }
  })

  test('GET /healthz answers without a login only whether the server works, and the reasons if not', async () => {
    assert.deepEqual((await get('/healthz')).json(), health)
    assert.deepEqual((await listen.app.inject('/healthz')).json(), { ok: true, reasons: [] })
    health = { ...health, ok: false, reasons: ['The broker is not reached.'] }
    const answer = await listen.app.inject('/healthz')
    assert.equal(answer.statusCode, 503)
    assert.deepEqual(answer.json(), { ok: false, reasons: ['The broker is not reached.'] })
  })
})
