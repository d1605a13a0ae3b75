import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sendRaw } from '../../support/raw-request.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, type System, startSystem } from '../../support/system.ts'

describe('Forged requests', () => {
  let system: System
  before(async () => {
    system = await startSystem({ WORKERS_HEALTHY: '0' })
    await client(system.url).upload(wavOf(makeSong(1)))
  })
  after(() => system.remove())

  const send = (bytes: string) => sendRaw(system.url, bytes)
  const head = (line: string, ...fields: string[]) =>
    `${[`${line} HTTP/1.1`, 'host: localhost', 'connection: close', ...fields].join('\r\n')}\r\n\r\n`
  const songs = async () => (await client(system.url).json<unknown[]>('/music')).length

  test('A page of another site cannot reset the server, however it sends the request', async () => {
    for (const fields of [
      ['origin: https://evil.com', 'content-type: text/plain'],
      ['origin: null', 'content-type: application/x-www-form-urlencoded'],
      ['origin: http://localhost.evil.com'],
      ['origin: http://localhost:1'],
    ])
      assert.match(await send(head('POST /reset', ...fields, 'content-length: 0')), /^HTTP\/1\.1 403 /, fields[0])
    assert.match(await send(head('GET /reset')), /^HTTP\/1\.1 404 /)
    assert.match(await send(head('GET /reset', 'x-http-method-override: POST')), /^HTTP\/1\.1 404 /)
    assert.equal(await songs(), 1)
  })

  test('A request smuggled in the body of another one is not answered', async () => {
    const hidden = 'POST /reset HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n'
    for (const fields of [
      ['content-length: 0', 'content-length: 60'],
      ['content-length: 5', 'transfer-encoding: chunked'],
      ['transfer-encoding: chunked', 'transfer-encoding: identity'],
      ['transfer-encoding: xchunked'],
      ['transfer-encoding : chunked'],
      ['transfer-encoding:\tchunked', 'content-length: 0'],
      ['content-length: +0'],
      ['content-length: 0x0'],
      ['content-length: -1'],
    ]) {
      const answer = await send(`${head('POST /music/1', ...fields)}0\r\n\r\n${hidden}`)
      assert.equal(answer.match(/HTTP\/1\.1 /g)?.length, 1, `${fields}: ${answer}`)
      assert.match(answer, /^HTTP\/1\.1 400 /, String(fields))
    }
    assert.match(
      await send(head('POST /music/1', 'transfer-encoding: chunked').concat('zz\r\n\r\n', hidden)),
      /^HTTP\/1\.1 4/,
    )
    assert.equal(await songs(), 1)
  })

  test('A path that leads out of the folder of files answers 404', async () => {
    for (const path of [
      '/../package.json',
      '/..%2fpackage.json',
      '/%2e%2e/%2e%2e/package.json',
      '/assets/../../../package.json',
      '/assets/..%2f..%2f..%2fpackage.json',
      '/assets/..%5c..%5cpackage.json',
      '/docs/static/..%2f..%2f..%2fpackage.json',
      '/docs/static/%2e%2e/%2e%2e/package.json',
      '//etc/passwd',
      '/file/..%2f..%2fledger.sqlite',
      '/music/1/stems/..%2f..%2f/0',
      '/file/1%00.wav',
      'http://evil.com/../package.json',
    ]) {
      const answer = await send(head(`GET ${path}`))
      assert.match(answer, /^HTTP\/1\.1 4\d\d /, path)
      assert.doesNotMatch(answer, /"scripts"|root:|SQLite format/, path)
    }
  })
})
