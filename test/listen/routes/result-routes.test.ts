import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { ResultRoutes } from '../../../src/listen/routes/result-routes.ts'
import { UserError } from '../../../src/song/errors.ts'
import { type ListenApp, openListenApp } from '../../support/listen-app.ts'

describe('The routes by which a worker ends an attempt', () => {
  let listen: ListenApp
  let outcome: Awaited<ReturnType<ResultRoutes['saveResult']>> | UserError
  let noted: ReturnType<ResultRoutes['reportFailure']>
  const saved: unknown[] = []

  before(async () => {
    listen = await openListenApp({
      routes: {
        async saveResult({ body, ...about }) {
          const chunks: Buffer[] = []
          for await (const chunk of body) chunks.push(chunk as Buffer)
          saved.push({ ...about, text: Buffer.concat(chunks).toString() })
          if (outcome instanceof Error) throw outcome
          return outcome
        },
        reportFailure: () => noted,
      },
    })
  })
  beforeEach(() => {
    outcome = 'accepted'
    noted = 'noted'
  })
  after(() => listen.close())

  const headers = { authorization: 'Bearer token' }
  const put = (url: string) => listen.app.inject({ method: 'PUT', url, headers, payload: 'sums' })
  const fail = (payload: unknown) =>
    listen.app.inject({ method: 'POST', url: '/job/4/failed', headers, payload: JSON.stringify(payload) })

  test('PUT /job/{id}/result passes on the bytes while they arrive, and answers whether the result was accepted', async () => {
    const answer = await put('/job/4/result?seconds=1.5')
    assert.deepEqual([answer.statusCode, answer.json()], [200, { outcome: 'accepted' }])
    assert.deepEqual(saved, [{ jobId: 4, attemptToken: 'token', bytes: 4, seconds: 1.5, text: 'sums' }])
    outcome = 'duplicate'
    assert.deepEqual((await put('/job/4/result')).json(), { outcome: 'duplicate' })
  })

  test('PUT /job/{id}/result answers 410 for a job that is over, and 401 for a wrong token', async () => {
    outcome = 'gone'
    assert.deepEqual((await put('/job/4/result')).json().code, 'gone')
    outcome = 'unknown'
    const answer = await put('/job/4/result')
    assert.deepEqual([answer.statusCode, answer.json().code], [401, 'wrong-token'])
  })

  test('PUT /job/{id}/result answers 413 for too many bytes, and 422 for too few bytes and for invalid values', async () => {
    const statusFor = async (code: UserError['code']) => {
      outcome = new UserError('It is refused.', { code })
      const answer = await put('/job/4/result')
      return [answer.statusCode, answer.json().code]
    }
    assert.deepEqual(await statusFor('result-too-long'), [413, 'wrong-length'])
    assert.deepEqual(await statusFor('wrong-length'), [422, 'wrong-length'])
    assert.deepEqual(await statusFor('no-sound-values'), [422, 'no-sound-values'])
  })

  test('POST /job/{id}/failed notes the reason, and answers 400 to an unknown kind', async () => {
    assert.deepEqual((await fail({ kind: 'failed', reason: 'It crashed.' })).json(), { outcome: 'noted' })
    noted = 'gone'
    assert.equal((await fail({ kind: 'returned', reason: '' })).statusCode, 410)
    noted = 'unknown'
    assert.equal((await fail({ kind: 'yielded', reason: '' })).statusCode, 401)
    assert.equal((await fail({ kind: 'lazy', reason: '' })).statusCode, 400)
  })
})
