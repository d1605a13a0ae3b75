import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { UserError } from '../../../src/song/errors.ts'
import type { NewUpload } from '../../../src/song/new-upload.ts'
import { getSong, type Song } from '../../../src/store/queries/songs.ts'
import { newSong } from '../../support/ledger.ts'
import { type ListenApp, openListenApp } from '../../support/listen-app.ts'

describe('POST /music', () => {
  let listen: ListenApp
  let received: (Omit<NewUpload, 'body'> & { text: string }) | undefined
  let refusal: Error | undefined

  before(async () => {
    listen = await openListenApp({
      routes: {
        async receive({ body, ...about }) {
          const chunks: Buffer[] = []
          for await (const chunk of body) chunks.push(chunk as Buffer)
          received = { ...about, text: Buffer.concat(chunks).toString() }
          if (refusal) throw refusal
          return getSong(listen.db, newSong(listen.db)) as Song
        },
      },
    })
  })
  beforeEach(() => {
    received = undefined
    refusal = undefined
  })
  after(() => listen.close())

  const form = (...parts: readonly string[]) => ({
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
    payload: `${parts.map((part) => `--x\r\ncontent-disposition: form-data; ${part}\r\n`).join('')}--x--\r\n`,
  })
  const post = (path: string, options: { payload?: string; headers?: Record<string, string> }) =>
    listen.app.inject({ method: 'POST', url: path, ...options })

  test('receives a body of any type, with the values of the query', async () => {
    const path = '/music?filename=a.mp3&model=four-stems&track=2&arrival=u1&batch=b&place=2&of=3'
    const answer = await post(path, { payload: 'sound', headers: { 'content-type': 'audio/mpeg' } })
    assert.equal(answer.statusCode, 200)
    assert.equal(answer.json().name, 'a')
    assert.deepEqual(received, {
      text: 'sound',
      fileName: 'a.mp3',
      model: 'four-stems',
      soundTrack: 2,
      uploadName: 'u1',
      place: { batch: 'b', number: 2, count: 3 },
      expectedBytes: 5,
    })
  })

  test('receives the file of a form, with its name and the fields before it', async () => {
    const file = 'name="file"; filename="b.wav"\r\n\r\nsound'
    const answer = await post('/music', form('name="track"\r\n\r\n3', file))
    assert.equal(answer.statusCode, 200)
    assert.deepEqual([received?.text, received?.fileName, received?.soundTrack], ['sound', 'b.wav', 3])
  })

  test('answers 400 to a sound track that is not a number from 1, in the query and in a form', async () => {
    assert.equal((await post('/music?track=0', { payload: 'sound' })).statusCode, 400)
    const file = 'name="file"; filename="b.wav"\r\n\r\nsound'
    const answer = await post('/music', form('name="track"\r\n\r\nsecond', file))
    assert.deepEqual([answer.statusCode, answer.json().code], [400, 'bad-request'])
    assert.match(answer.json().error, /field track/)
    assert.equal(received, undefined)
  })

  test('answers 405 to a form without a file', async () => {
    const answer = await post('/music', form('name="track"\r\n\r\n3'))
    assert.deepEqual([answer.statusCode, answer.json().code], [405, 'empty'])
  })

  test('answers 400 to a form that breaks off', async () => {
    const headers = { 'content-type': 'multipart/form-data; boundary=x' }
    const payload = '--x\r\ncontent-disposition: form-data; name="file"; filename="b.wav"\r\n\r\nsou'
    const answer = await post('/music', { headers, payload })
    assert.deepEqual([answer.statusCode, answer.json().code], [400, 'broken-form'])
  })

  test('answers 405 with the error of the receiver if a file is not a song', async () => {
    refusal = new UserError('There is no sound in it.', { code: 'undecodable' })
    const answer = await post('/music', { payload: 'text' })
    assert.equal(answer.statusCode, 405)
    assert.deepEqual(answer.json(), { error: 'There is no sound in it.', code: 'undecodable' })
  })
})

describe('POST /music from one address', () => {
  test('is answered 429 beyond MAX_UPLOADS at a time, and accepted again after one of them has ended', async () => {
    const waiting: (() => void)[] = []
    const listen = await openListenApp({
      guard: { uploadsAtOnce: 1 },
      routes: {
        async receive() {
          await new Promise<void>((resolve) => waiting.push(resolve))
          return getSong(listen.db, newSong(listen.db)) as Song
        },
      },
    })
    const post = async () => listen.app.inject({ method: 'POST', url: '/music', payload: 'sound' })
    const first = post()
    while (waiting.length === 0) await setImmediate()
    const second = await post()
    assert.deepEqual([second.statusCode, second.json().code], [429, 'too-many-uploads'])
    assert.equal(second.headers['retry-after'], '5')
    waiting.shift()?.()
    assert.equal((await first).statusCode, 200)
    const third = post()
    while (waiting.length === 0) await setImmediate()
    waiting.shift()?.()
    assert.equal((await third).statusCode, 200)
    await listen.close()
  })
})
