import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type ListenApp, openListenApp } from '../../support/listen-app.ts'

describe('The login', () => {
  let listen: ListenApp

  before(async () => {
    listen = await openListenApp({ guard: { accessToken: 'secret token' }, routes: { basePath: '/karaoke' } })
  })
  after(() => listen.close())

  const logIn = (token: string, remoteAddress = '127.0.0.1') =>
    listen.app.inject({
      method: 'POST',
      url: '/login',
      payload: new URLSearchParams({ token }).toString(),
      remoteAddress,
    })

  test('GET /login answers everybody with a form without scripts', async () => {
    const answer = await listen.app.inject('/login')
    assert.equal(answer.statusCode, 200)
    assert.match(answer.body, /<form method="post" action="login">/)
    assert.doesNotMatch(answer.body, /<script/)
  })

  test('POST /login with the right token begins a session below the base path, and POST /logout ends it', async () => {
    const answer = await logIn('secret token')
    assert.deepEqual([answer.statusCode, answer.headers.location], [303, '/karaoke/'])
    const [session] = answer.cookies
    assert.deepEqual([session?.path, session?.httpOnly, session?.sameSite], ['/karaoke', true, 'Strict'])
    const cookies = { minus_one_session: session?.value ?? '' }
    assert.equal((await listen.app.inject({ url: '/job', cookies })).statusCode, 200)
    const logout = await listen.app.inject({ method: 'POST', url: '/logout', cookies })
    assert.equal(logout.headers.location, '/karaoke/login')
    assert.equal((await listen.app.inject({ url: '/job', cookies })).statusCode, 401)
  })

  test('POST /login answers 401 for a wrong token and 400 without one, on the form', async () => {
    const wrong = await logIn('guess')
    assert.equal(wrong.statusCode, 401)
    assert.match(wrong.body, /role="alert">That is not the access token\./)
    assert.equal((await logIn('  ')).statusCode, 400)
  })

  test('after ten wrong tokens from one address, even the right one is refused from there for a minute', async () => {
    for (let tries = 0; tries < 10; tries++) assert.equal((await logIn(`guess ${tries}`, '192.0.2.1')).statusCode, 401)
    const refused = await logIn('secret token', '192.0.2.1')
    assert.equal(refused.statusCode, 429)
    assert.ok(Number(refused.headers['retry-after']) > 0)
    assert.match(refused.body, /role="alert">Too many wrong access tokens/)
    assert.equal((await logIn('secret token', '192.0.2.2')).statusCode, 303)
  })
})
