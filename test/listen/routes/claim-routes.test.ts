import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Assignment, CONTRACT, SOUND_TYPE } from '../../../src/song/messages.ts'
import { type ListenApp, openListenApp } from '../../support/listen-app.ts'

const ASSIGNMENT: Assignment = {
  jobId: 1,
  songId: 1,
  attempt: 1,
  attemptToken: 'attempt-token',
  kind: 'separate',
  segment: 0,
  modelId: 'm-1',
  inputBytes: 40,
  level: null,
}

describe('The routes by which a worker begins a job', () => {
  let listen: ListenApp

  before(async () => {
    listen = await openListenApp({
      guard: { accessToken: 'workers do not need it' },
      routes: {
        async claimJob(jobId) {
          if (jobId === 1) return { outcome: 'assigned', assignment: ASSIGNMENT }
          if (jobId === 2) return { outcome: 'forbidden', reason: "This is not the job's token." }
          return { outcome: 'gone', reason: 'It is done.' }
        },
        readInput: async (_jobId, token) => (token === ASSIGNMENT.attemptToken ? Buffer.from('PCM') : 'unknown'),
      },
    })
  })
  after(() => listen.close())

  const claim = (jobId: number, { headers = {}, changes = {} } = {}) => {
    const body = { v: CONTRACT, generation: 1, token: 'invitation', worker: 'w', delivery: 'd', ...changes }
    return listen.app.inject({ method: 'POST', url: `/job/${jobId}/claim`, headers, payload: JSON.stringify(body) })
  }

  test('POST /job/{id}/claim answers with the assignment, followed by the input if the worker accepts sound', async () => {
    assert.deepEqual((await claim(1)).json(), ASSIGNMENT)
    const both = await claim(1, { headers: { accept: SOUND_TYPE } })
    assert.equal(both.headers['content-type'], SOUND_TYPE)
    assert.equal(both.body, `${JSON.stringify(ASSIGNMENT)}\nPCM`)
  })

  test('POST /job/{id}/claim answers 403 or 410 with the reason if the job is not assigned', async () => {
    const forbidden = await claim(2)
    assert.equal(forbidden.statusCode, 403)
    assert.deepEqual(forbidden.json(), { error: "This is not the job's token.", code: 'forbidden' })
    const gone = await claim(3)
    assert.deepEqual([gone.statusCode, gone.json()], [410, { error: 'It is done.', code: 'gone' }])
    assert.equal((await claim(1, { changes: { generation: 0 } })).statusCode, 400)
  })

  test('GET /job/{id}/input answers 401 without the token of an attempt', async () => {
    const input = (headers: Record<string, string>) => listen.app.inject({ url: '/job/1/input', headers })
    const answer = await input({ authorization: `Bearer ${ASSIGNMENT.attemptToken}` })
    assert.deepEqual([answer.statusCode, answer.headers['content-type'], answer.body], [200, SOUND_TYPE, 'PCM'])
    for (const headers of [{}, { authorization: 'Bearer invitation' }]) {
      const refused = await input(headers)
      assert.deepEqual([refused.statusCode, refused.json().code], [401, 'wrong-token'])
    }
  })
})
