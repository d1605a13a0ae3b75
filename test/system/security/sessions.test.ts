import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { filesBelow, type System, startSystem } from '../../support/system.ts'

const TOKEN = 'correct horse battery'
const REQUESTS_PER_MINUTE = 60

function visitor({ url }: { url: string }) {
  const ask = (path: string, init?: RequestInit) => fetch(`${url}${path}`, { redirect: 'manual', ...init })
  const logIn = (token: string, cookie = '') =>
    ask('/login', { method: 'POST', body: new URLSearchParams({ token }), headers: { cookie } })
  return {
    ask,
    logIn,
    cookieOf: async (answer: Promise<Response>) => ((await answer).headers.get('set-cookie') ?? '').split(';')[0] ?? '',
    music: async (cookie: string) => (await ask('/music', { headers: { cookie } })).status,
    logOut: (cookie: string) => ask('/logout', { method: 'POST', headers: { cookie } }),
  }
}

describe('Sessions', () => {
  let system: System
  before(async () => {
    system = await startSystem({ ACCESS_TOKEN: TOKEN, WORKERS_HEALTHY: '0' })
  })
  after(() => system.remove())

  test('Each login makes a session, which survives the restart of the server', async () => {
    const { logIn, cookieOf, music } = visitor(system)
    const [first, second] = [await cookieOf(logIn(TOKEN)), await cookieOf(logIn(TOKEN))]
    assert.notEqual(first, second)
    await system.restart()
    assert.deepEqual([await music(first), await music(second)], [200, 200])
  })

  test('Logging out ends the session for copies of its cookie as well, and no other session', async () => {
    const { logIn, cookieOf, music, logOut } = visitor(system)
    const [mine, other] = [await cookieOf(logIn(TOKEN)), await cookieOf(logIn(TOKEN))]
    const answer = await logOut(mine)
    assert.match(answer.headers.get('set-cookie') ?? '', /minus_one_session=;/)
    assert.deepEqual([await music(mine), await music(other)], [401, 200])
    await system.restart()
    assert.equal(await music(mine), 401)
  })

  test('The end of a session ends its event streams', { timeout: 20_000 }, async () => {
    const { ask, logIn, cookieOf, logOut } = visitor(system)
    const cookie = await cookieOf(logIn(TOKEN))
    const stream = await ask('/events', { headers: { cookie } })
    assert.equal(stream.status, 200)
    await logOut(cookie)
    await assert.rejects(stream.text(), 'the stream is cut off')
  })

  test('A session ends when the same browser logs in again', async () => {
    const { logIn, cookieOf, music } = visitor(system)
    const before = await cookieOf(logIn(TOKEN))
    const now = await cookieOf(logIn(TOKEN, before))
    assert.deepEqual([await music(before), await music(now)], [401, 200])
  })

  test('A login without a token does not count as a wrong one', async () => {
    const { ask, logIn, music, cookieOf } = visitor(system)
    for (let i = 0; i < 12; i++) {
      const body = JSON.stringify({ token: TOKEN })
      const answer = await ask('/login', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
      assert.equal(answer.status, 400)
    }
    assert.equal(await music(await cookieOf(logIn(TOKEN))), 200)
  })

  test('The data folder holds no session in a form that opens the API', async () => {
    const { logIn, cookieOf } = visitor(system)
    const [, id = ''] = (await cookieOf(logIn(TOKEN))).split('=')
    assert.ok(id.length > 40)
    for (const path of await filesBelow(system.folder)) {
      const bytes = await readFile(path, 'latin1')
      assert.ok(!bytes.includes(id) && !bytes.includes(TOKEN), path)
    }
    assert.ok(!system.log().includes(id))
  })

  test('Sessions end when the access token changes', async () => {
    const folder = system.folder
    const cookie = await visitor(system).cookieOf(visitor(system).logIn(TOKEN))
    await system.stop()
    const settings = { ACCESS_TOKEN: 'another horse battery', WORKERS_HEALTHY: '0', DATA_DIR: folder }
    const changed = await startSystem(settings)
    assert.equal(await visitor(changed).music(cookie), 401)
    await changed.stop()
  })
})

describe('Guessing tokens and cookies', () => {
  let system: System
  before(async () => {
    system = await startSystem({
      ACCESS_TOKEN: TOKEN,
      WORKERS_HEALTHY: '0',
      TRUSTED_PROXY: '127.0.0.1',
      MAX_REQUESTS_PER_MINUTE: String(REQUESTS_PER_MINUTE),
    })
  })
  after(() => system.remove())

  const from = (address: string, headers: Record<string, string> = {}, path = '/music') =>
    fetch(`${system.url}${path}`, { headers: { ...headers, 'x-forwarded-for': address } })
  const made = () => `minus_one_session=${randomBytes(32).toString('base64url')}`

  test('Wrong tokens and cookies are limited at every route', async () => {
    for (const [address, path] of [
      ['203.0.113.1', '/music'],
      ['203.0.113.2', '/healthz'],
    ] as const) {
      const answers = []
      for (let i = 0; i <= REQUESTS_PER_MINUTE; i++)
        answers.push((await from(address, { cookie: made() }, path)).status)
      assert.ok(!answers.slice(0, -1).includes(429), `${path}: ${answers}`)
      assert.equal(answers.at(-1), 429, path)
    }
    assert.equal((await from('203.0.113.2', {}, '/healthz')).status, 200, 'a bare question is never counted')
  })

  test('Old cookies do not lock a browser out of the login', async () => {
    for (let i = 0; i < 30; i++) assert.equal((await from('203.0.113.3', { cookie: made() })).status, 401)
    assert.equal((await from('203.0.113.3', { authorization: `Bearer ${TOKEN}` })).status, 200)
  })

  test('Wrong tokens lock out an address, but not the sessions that it already has', async () => {
    const address = '203.0.113.4'
    const login = await fetch(`${system.url}/login`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ token: TOKEN }),
      headers: { 'x-forwarded-for': address },
    })
    const cookie = (login.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    for (let i = 0; i < 10; i++)
      assert.equal((await from(address, { authorization: `Bearer guess number ${i}` })).status, 401)
    const refused = await from(address, { authorization: `Bearer ${TOKEN}` })
    assert.equal(refused.status, 429)
    assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d?$/)
    assert.equal((await from(address, { cookie })).status, 200)
    assert.equal((await from('203.0.113.5', { authorization: `Bearer ${TOKEN}` })).status, 200, 'another address')
    assert.ok(!/guess number|battery/.test(system.log()))
  })
})
