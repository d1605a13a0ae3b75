import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type ListenApp, openListenApp } from '../../support/listen-app.ts'

const SHA256 = 'a'.repeat(64)

describe('The routes by which a worker fetches a model', () => {
  let listen: ListenApp

  before(async () => {
    const path = () => join(listen.folders.root, 'model.onnx')
    listen = await openListenApp({
      routes: {
        readModel: async (_jobId, token) => (token === 'good' ? '{"name":"m"}' : token === 'late' ? 'gone' : 'unknown'),
        findGraph: (_jobId, token, sha256) =>
          token === 'good' && sha256 === SHA256 ? { path: path() } : token === 'good' ? 'gone' : 'unknown',
      },
    })
    await listen.put(path(), 'graph of a network')
  })
  after(() => listen.close())

  const get = (path: string, token: string, headers = {}) =>
    listen.app.inject({ url: `/job/1/${path}`, headers: { authorization: `Bearer ${token}`, ...headers } })

  test('GET /job/{id}/model answers with the description of the model', async () => {
    assert.deepEqual((await get('model', 'good')).json(), { name: 'm' })
    assert.deepEqual((await get('model', 'late')).json(), { error: 'This job is over.', code: 'gone' })
    assert.equal((await get('model', 'wrong')).json().code, 'wrong-token')
  })

  test('GET /job/{id}/model/{sha256} answers with a graph, as a whole or in ranges', async () => {
    assert.equal((await get(`model/${SHA256}`, 'good')).body, 'graph of a network')
    const part = await get(`model/${SHA256}`, 'good', { range: 'bytes=6-' })
    assert.deepEqual([part.statusCode, part.body], [206, 'of a network'])
    assert.equal((await get(`model/${'b'.repeat(64)}`, 'good')).statusCode, 410)
    assert.equal((await get(`model/${SHA256}`, 'wrong')).statusCode, 401)
    assert.equal((await get('model/..%2f..%2fledger.sqlite', 'good')).statusCode, 404)
  })
})
