import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { complaintsOf, openBrowser } from '../../support/browser.ts'
import { freePort } from '../../support/ports.ts'
import { sendRaw } from '../../support/raw-request.ts'
import { type System, startSystem } from '../../support/system.ts'

type Answer = { status: number; code?: string; error?: string; text: string }

/** A request made by hand, because `fetch` sends the Host of the URL only. */
function ask(url: string, headers: Record<string, string>, path = '/music'): Promise<Answer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const asking = request({ hostname, port, path, headers }, (answer) => {
      let text = ''
      answer.on('data', (bytes) => (text += String(bytes)))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text, ...(JSON.parse(text) as object) }))
    })
    asking.on('error', reject)
    asking.end()
  })
}

describe('The Host header', () => {
  let system: System
  before(async () => {
    system = await startSystem({ WORKERS_HEALTHY: '0', SERVER_URL: 'https://songs.example' })
  })
  after(() => system.remove())

  test('A Host header must be a name or an address with a port', async () => {
    for (const host of [
      '127.0.0.1/evil?',
      'evil.com@127.0.0.1',
      '127.0.0.1:80@evil.com',
      '127.0.0.1#x',
      '127.0.0.1?x',
      '127.0.0.1\\evil.com',
      '127.0.0.1:',
      '127.0.0.1:99999',
      '127.0.0.1:8000:8000',
      '127.0.0.1, evil.com',
      '[::1]evil.com',
      ' ',
    ]) {
      const { status, code, text } = await ask(system.url, { host })
      assert.deepEqual([status, code], [400, 'bad-host'], `${host}: ${text}`)
    }
    for (const host of ['evil.com', '127.0.0.1.evil.com', '2130706433.', '[::2]'])
      assert.deepEqual((await ask(system.url, { host })).code, 'foreign-host', host)
    for (const host of ['127.0.0.1', 'LOCALHOST:1234', '[::1]:8000', 'songs.example'])
      assert.equal((await ask(system.url, { host })).status, 200, host)
  })

  test('A request with no Host header, or with two, is refused with a JSON error', async () => {
    const answer = await sendRaw(system.url, 'GET /music HTTP/1.1\r\nconnection: close\r\n\r\n')
    assert.match(answer, /^HTTP\/1\.1 400 [\s\S]*has no Host[\s\S]*"code":"bad-host"/)
    const twice = 'GET /music HTTP/1.1\r\nhost: localhost\r\nHost: evil.com\r\nconnection: close\r\n\r\n'
    assert.match(await sendRaw(system.url, twice), /^HTTP\/1\.1 400 [\s\S]*more than one Host/)
  })

  test('The Origin of a page must be the Host with its scheme', async () => {
    const host = '127.0.0.1:8000'
    for (const origin of [
      'https://127.0.0.1:8000',
      'http://127.0.0.1',
      'ftp://127.0.0.1:8000',
      'null',
      '127.0.0.1:8000',
    ])
      assert.equal((await ask(system.url, { host, origin })).code, 'foreign-origin', origin)
    assert.equal((await ask(system.url, { host, origin: `http://${host}` })).status, 200)
    assert.equal((await ask(system.url, { host: 'localhost:80', origin: 'http://localhost' })).status, 200)
    // A proxy that ends TLS need not be trusted for a page to be https.
    assert.equal((await ask(system.url, { host: 'songs.example', origin: 'https://songs.example' })).status, 200)
  })

  test('The forwarded host of a trusted proxy is checked as well', async () => {
    const behind = await startSystem({
      WORKERS_HEALTHY: '0',
      TRUSTED_PROXY: '127.0.0.1',
      SERVER_URL: 'https://songs.example',
    })
    try {
      const forwarded = { 'x-forwarded-host': 'songs.example' }
      for (const proto of ['javascript', 'https://evil.com/?', 'HTTPS'])
        assert.equal((await ask(behind.url, { ...forwarded, 'x-forwarded-proto': proto })).code, 'bad-host', proto)
      assert.equal((await ask(behind.url, { 'x-forwarded-host': 'songs.example/evil?' })).code, 'bad-host')
      assert.equal((await ask(behind.url, { ...forwarded, 'x-forwarded-proto': 'https' })).status, 200)
    } finally {
      await behind.remove()
    }
  })

  test('A malformed URL or request is refused with a JSON error', async () => {
    for (const path of ['/%', '/music/%E0%A4%A', '/file/%ff%fe'])
      assert.deepEqual(Object.keys(JSON.parse((await ask(system.url, {}, path)).text)), ['error', 'code'], path)
    const bodyOf = (answer: string) => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as object
    for (const [bytes, status] of [
      ['nonsense\r\n\r\n', 400],
      ['GET /music HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n', 400],
      ['GET /music HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked, identity\r\n\r\n', 400],
      ['GET /music HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', 400],
      ['GET /music HTTP/1.1\r\nhost: localhost\r\n x: folded\r\n\r\n', 400],
      [`GET /music HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
    ] as const) {
      const answer = await sendRaw(system.url, bytes)
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), bytes.slice(0, 90))
      assert.deepEqual(Object.keys(bodyOf(answer)), ['error', 'code'], bytes.slice(0, 90))
    }
  })
})

describe('Pages opened from another machine over plain http', () => {
  let system: System
  let browser: Browser
  let elsewhere = ''
  before(async () => {
    const port = String(await freePort())
    elsewhere = `http://studio.test:${port}`
    system = await startSystem({ WORKERS_HEALTHY: '0', PORT: port, SERVER_URL: elsewhere })
    browser = await openBrowser({ nameOfLoopback: 'studio.test' })
  })
  after(async () => {
    await browser?.close()
    await system?.remove()
  })

  test('The documentation of the API loads without console errors', async () => {
    const page = await browser.newPage()
    const complaints = complaintsOf(page)
    await page.goto(`${elsewhere}/docs`)
    await page.getByText('/music/{music_id}/playhead').waitFor()
    await page.getByText('/healthz').first().click()
    await page.getByRole('button', { name: 'Try it out' }).click()
    await page.getByRole('button', { name: 'Execute' }).click()
    await page.getByText('"version"').first().waitFor()
    assert.deepEqual(complaints, [])
  })

  test('All pages have one Content-Security-Policy, which names no other host', async () => {
    const policies = new Set<string | null>()
    for (const path of [
      '/',
      '/docs',
      '/docs/',
      '/docs/static/index.html',
      '/docs/static/swagger-ui.css',
      '/icon.svg',
    ]) {
      const { headers } = await fetch(`${system.url}${path}`)
      policies.add(headers.get('content-security-policy'))
    }
    assert.equal(policies.size, 1)
    const [policy = ''] = policies
    assert.match(policy ?? '', /^default-src 'self';/)
    assert.doesNotMatch(policy ?? '', /https?:|\*|upgrade-insecure-requests|'unsafe-inline'|\w\.\w/)
  })
})
