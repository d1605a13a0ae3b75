import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, test } from 'node:test'
import { CouldNotTry } from '../../src/separate/could-not-try.ts'
import { serverRequests } from '../../src/separate/server-requests.ts'
import { freePort } from '../support/ports.ts'

describe('a request of a worker to its server', () => {
  const closers: (() => void)[] = []
  afterEach(() => {
    for (const close of closers.splice(0)) close()
  })

  /** A server that answers its requests with these, one after the other, and then always with the last. */
  async function serverThat(...answers: RequestListener[]): Promise<{ url: string; requests(): number }> {
    let requests = 0
    const server = createServer((request, response) => {
      const answer = answers[Math.min(requests++, answers.length - 1)]
      answer?.(request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closers.push(() => {
      server.closeAllConnections()
      server.close()
    })
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests: () => requests }
  }

  const busy =
    (retryAfter?: string): RequestListener =>
    (_request, response) =>
      response.writeHead(503, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end('{"error":"busy"}')
  const fine: RequestListener = (_request, response) => void response.end('fine')

  async function statusOf(url: string, signal = new AbortController().signal): Promise<number | undefined> {
    const answer = await serverRequests(url, signal)('healthz', { method: 'GET' })
    answer.resume()
    return answer.statusCode
  }

  test('is sent again after the time that an answer of 503 names', async () => {
    const { url, requests } = await serverThat(busy('0.2'), fine)
    const begun = performance.now()
    assert.equal(await statusOf(url), 200)
    assert.ok(performance.now() - begun >= 199, 'it waits as long as it was told')
    assert.equal(requests(), 2)
  })

  test('is sent only once if the answer of 503 names no time, a wrong one, or none to wait', async () => {
    for (const retryAfter of [undefined, 'soon', '-1', '0']) {
      const { url, requests } = await serverThat(busy(retryAfter), fine)
      assert.deepEqual([await statusOf(url), requests()], [503, 1], `Retry-After: ${retryAfter}`)
    }
  })

  test('is not sent again after another answer, even if that names a time', async () => {
    const { url, requests } = await serverThat((_request, response) =>
      response.writeHead(507, { 'retry-after': '0.01' }).end(),
    )
    assert.deepEqual([await statusOf(url), requests()], [507, 1])
  })

  test('could not be tried if the worker stops while it waits', async () => {
    const { url } = await serverThat(busy('5'))
    const stopping = new AbortController()
    const asked = statusOf(url, stopping.signal)
    setTimeout(() => stopping.abort(), 50)
    await assert.rejects(asked, CouldNotTry)
  })

  test('could not be tried if nobody listens, and names the server', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    await assert.rejects(statusOf(url), (error: Error) => {
      assert.ok(error instanceof CouldNotTry)
      assert.ok(error.message.startsWith(`cannot reach ${url}: `), error.message)
      return true
    })
  })
})
