import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, test } from 'node:test'
import { CouldNotTry } from '../../src/separate/could-not-try.ts'
import { type ServerApi, serverApi } from '../../src/separate/server-api.ts'
import { type Assignment, CONTRACT } from '../../src/song/messages.ts'

const SOUND = Buffer.from(Int16Array.from({ length: 30_000 }, (_, i) => (i * 7_919) % 32_768).buffer)
const ASSIGNMENT: Assignment = {
  jobId: 7,
  songId: 1,
  attempt: 1,
  attemptToken: 'the-token-of-it',
  kind: 'separate',
  segment: 3,
  modelId: 'a-model',
  inputBytes: SOUND.length,
  level: null,
}
const LINE = Buffer.from(`${JSON.stringify(ASSIGNMENT)}\n`)
const CLAIM = { v: CONTRACT, generation: 1, token: '12345678', worker: 'w', delivery: 'd' }

describe('a worker that claims a job', () => {
  const closers: (() => void)[] = []
  afterEach(() => {
    for (const close of closers.splice(0)) close()
  })

  /** The calls of a worker to a server that answers so. */
  async function calling(answer: RequestListener): Promise<ServerApi> {
    const server = createServer(answer)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closers.push(() => {
      server.closeAllConnections()
      server.close()
    })
    return serverApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, new AbortController().signal)
  }

  /** A server that answers a claim in pieces, each on its way by itself, and breaks off where it is told to. */
  function inPieces(bytes: Buffer, pieceBytes: number, breaksOff = false): RequestListener {
    return async (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' })
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        response.write(bytes.subarray(at, at + pieceBytes))
        await new Promise((resolve) => setImmediate(resolve))
      }
      if (breaksOff) response.destroy()
      else response.end()
    }
  }

  async function claimed(api: ServerApi) {
    const answer = await api.claim(7, CLAIM)
    return typeof answer === 'string' ? assert.fail(answer) : answer
  }

  test('gets its sound with the answer, however the answer is cut into pieces', async () => {
    for (const pieceBytes of [1_009, LINE.length - 1, LINE.length, LINE.length + 1, 1 << 20]) {
      const { assignment, input } = await claimed(await calling(inPieces(Buffer.concat([LINE, SOUND]), pieceBytes)))
      assert.deepEqual(assignment, ASSIGNMENT)
      assert.ok(input && Buffer.from(input.buffer).equals(SOUND), `pieces of ${pieceBytes}`)
    }
  })

  test('knows the assignment although the sound breaks off, is too short or too long', async () => {
    const short = SOUND.subarray(0, 20_000)
    for (const answer of [
      inPieces(Buffer.concat([LINE, short]), 4_000, true),
      inPieces(Buffer.concat([LINE, short]), 4_000),
      inPieces(Buffer.concat([LINE, SOUND, short]), 4_000),
      inPieces(LINE, 4_000),
    ]) {
      const { assignment, input } = await claimed(await calling(answer))
      assert.deepEqual([assignment, input], [ASSIGNMENT, null])
    }
  })

  test('asks for the sound when the server sends the assignment alone', async () => {
    const asked: unknown[] = []
    const api = await calling((request, response) => {
      asked.push([request.method, request.url, request.headers.authorization])
      if (request.method === 'GET') response.end(SOUND)
      else response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(LINE)
    })
    const { assignment, input } = await claimed(api)
    assert.equal(input, null)
    const fetched = await api.fetchInput(assignment)
    assert.ok(fetched !== 'gone' && Buffer.from(fetched.buffer).equals(SOUND))
    assert.deepEqual(asked, [
      ['POST', '/job/7/claim', undefined],
      ['GET', '/job/7/input', 'Bearer the-token-of-it'],
    ])
  })

  test('is told when the job is gone or forbidden', async () => {
    for (const [status, meaning] of [
      [410, 'gone'],
      [404, 'gone'],
      [403, 'forbidden'],
    ] as const) {
      const api = await calling((_request, response) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end('{"error":"no"}'),
      )
      assert.equal(await api.claim(7, CLAIM), meaning)
    }
  })

  test('could not try when there is no answer, an unreadable one, or an endless one', async () => {
    const nobody = serverApi('http://127.0.0.1:1', new AbortController().signal)
    const answers: [string, ServerApi][] = [
      ['cannot reach http://127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1', nobody],
      [
        'the server answered 503 to the claim: busy',
        await calling((_, response) => response.writeHead(503).end('{"error":"busy"}')),
      ],
      ['the claim did not arrive complete', await calling((_, response) => void response.end('hello'))],
      ['the claim did not arrive complete: no assignment', await calling(inPieces(LINE.subarray(0, -1), 50))],
      [
        'the claim did not arrive complete: no assignment',
        await calling(inPieces(Buffer.alloc(1_000_000, 'x'), 10_000)),
      ],
      ['the claim did not arrive complete: more than 1048576 bytes', await calling(endless)],
    ]
    for (const [words, api] of answers) {
      await assert.rejects(api.claim(7, CLAIM), (error: Error) => {
        assert.ok(error instanceof CouldNotTry)
        assert.ok(error.message.startsWith(words), error.message)
        return true
      })
    }
  })
})

const endless: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  const pour = setInterval(() => response.write(Buffer.alloc(1 << 16, 'x')), 1)
  response.on('close', () => clearInterval(pour))
}
