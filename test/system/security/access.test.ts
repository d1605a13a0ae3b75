import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, type System, startSystem } from '../../support/system.ts'

const TOKEN = 'correct horse battery'
const AS_MEMBER = { headers: { authorization: `Bearer ${TOKEN}` } }

describe('A server with an access token', () => {
  let system: System
  before(async () => {
    system = await startSystem({ ACCESS_TOKEN: TOKEN, WORKERS_HEALTHY: '1' })
  })
  after(() => system.remove())

  const ask = (path: string, init?: RequestInit) => fetch(`${system.url}${path}`, { redirect: 'manual', ...init })
  const logIn = (token: string) => ask('/login', { method: 'POST', body: new URLSearchParams({ token }) })
  const cookieOf = (answer: Response) => (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''

  test('Every route needs the token, but for the page, the login and the short health answer', async () => {
    const { paths } = (await (await ask('/openapi.json', AS_MEMBER)).json()) as { paths: Record<string, object> }
    for (const [path, methods] of Object.entries(paths)) {
      for (const method of Object.keys(methods)) {
        const isWorkers = /\/job\/\{job_id\}\/./.test(path)
        const url = path.replace('{sha256}', '0'.repeat(64)).replace(/\{\w+\}/g, '1')
        const { status } = await ask(url, { method: method.toUpperCase() })
        if (path === '/healthz') assert.equal(status, 200)
        else if (isWorkers) assert.ok([400, 410, 422].includes(status), `${method} ${path}: ${status}`)
        else assert.equal(status, 401, `${method} ${path}`)
      }
    }
    for (const path of ['/events', '/metrics', '/openapi.json', '/docs', '/nowhere'])
      assert.equal((await ask(path)).status, 401, path)
    for (const path of ['/', '/login', '/icon.svg']) assert.equal((await ask(path)).status, 200, path)
  })

  test('/healthz tells strangers only whether all is well, and members the details', async () => {
    assert.deepEqual(Object.keys((await (await ask('/healthz')).json()) as object), ['ok', 'reasons'])
    const known = (await (await ask('/healthz', AS_MEMBER)).json()) as { login: boolean; broker: object }
    assert.equal(known.login, true)
    assert.ok(known.broker)
  })

  test('The login sets an HttpOnly, SameSite cookie that opens the API and is not the token', async () => {
    const answer = await logIn(TOKEN)
    assert.equal(answer.status, 303)
    assert.equal(answer.headers.get('location'), '/')
    const cookie = answer.headers.get('set-cookie') ?? ''
    assert.match(cookie, /HttpOnly/)
    assert.match(cookie, /SameSite=Strict/)
    assert.ok(!cookie.includes('horse'))
    assert.equal((await ask('/music', { headers: { cookie: cookieOf(answer) } })).status, 200)
    assert.equal((await ask('/music', { headers: { cookie: 'minus_one_session=0123' } })).status, 401)
  })

  test('Workers need no access token, because every job has its own', async () => {
    const upload = await ask('/music?filename=a.wav', {
      method: 'POST',
      body: new Uint8Array(wavOf(makeSong(3))),
      ...AS_MEMBER,
    })
    const { music_id } = (await upload.json()) as { music_id: number }
    const members = client(system.url, AS_MEMBER.headers)
    await members.keep(music_id, ['instrumental'])
    const { final = '' } = await members.ready(music_id)
    assert.equal((await fetch(final)).status, 401)
    assert.equal((await fetch(final, AS_MEMBER)).status, 200)
  })

  test('After ten wrong tokens even the right one is refused, and no token is logged', async () => {
    for (let i = 0; i < 10; i++) assert.equal((await logIn(`guess ${i}`)).status, 401)
    const { status, headers } = await logIn(TOKEN)
    assert.equal(status, 429)
    assert.equal(headers.get('set-cookie'), null)
    assert.equal((await ask('/music', AS_MEMBER)).status, 429)
    assert.ok(!system.log().includes('horse'))
  })
})

describe('Settings that would open a server to strangers', () => {
  const refusal = async (settings: Record<string, string>) => {
    await assert.rejects(
      startSystem({ WORKERS_HEALTHY: '0', ...settings }).then((system) => system.remove()),
      (error) => {
        assert.match(String(error), settings['EXPECTED'] ? new RegExp(settings['EXPECTED']) : /./)
        return true
      },
    )
  }
  test('A server that listens beyond this machine without a token does not start', () =>
    refusal({ HOST: '0.0.0.0', EXPECTED: 'Set ACCESS_TOKEN' }))
  test('A server with an access token below 8 characters does not start', () =>
    refusal({ ACCESS_TOKEN: '1234', EXPECTED: 'at least 8 characters' }))
  test('A server that listens beyond this machine needs an access token of 16 characters', () =>
    refusal({ HOST: '0.0.0.0', ACCESS_TOKEN: 'fifteen letters', EXPECTED: 'at least 16 characters.*openssl rand' }))
  test('A server behind a trusted proxy needs an access token of 16 characters', () =>
    refusal({ TRUSTED_PROXY: '127.0.0.1', ACCESS_TOKEN: 'fifteen letters', EXPECTED: 'at least 16 characters' }))
  test('A server with TLS_CERT but no TLS_KEY does not start', () =>
    refusal({ TLS_CERT: '/a.pem', EXPECTED: 'TLS_CERT and TLS_KEY go together' }))
  test('A server whose TLS_CERT and TLS_KEY are no PEM files does not start', () =>
    refusal({
      TLS_CERT: import.meta.filename,
      TLS_KEY: import.meta.filename,
      SERVER_URL: 'https://localhost:8000',
      EXPECTED: 'have to be PEM files',
    }))
})
