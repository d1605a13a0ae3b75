import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { complaintsOf, forgive, openBrowser, SERVER_AWAY } from '../../support/browser.ts'
import { documented } from '../../support/documented.ts'
import { type Nginx, startNginx } from '../../support/nginx.ts'
import { freePort } from '../../support/ports.ts'
import { songPage } from '../../support/song-page.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, type System, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const TOKEN = 'correct horse battery staple'
const [WHOLE = '', UNDER_A_PATH = ''] = documented('reverse-proxy.md', 'nginx')
const onPort = (port: number) => `listen 127.0.0.1:${port}`
const PLAIN = WHOLE.replace(/ *ssl_certificate.*\n/g, '')

type Own = { port: number; certificate: string; key: string }
const cases = [
  {
    name: 'nginx as documented, with http on another port than 80, of a server that was not told its URL',
    scheme: 'http',
    hasUrl: false,
    basePath: '',
    server: ({ port }: Own) => PLAIN.replace('listen 443 ssl', onPort(port)),
  },
  {
    name: 'nginx as documented, with https on another port than 443',
    scheme: 'https',
    hasUrl: true,
    basePath: '',
    server: ({ port, certificate, key }: Own) =>
      WHOLE.replace('listen 443', onPort(port))
        .replace('/etc/minus-one/cert.pem', certificate)
        .replace('/etc/minus-one/key.pem', key),
  },
  {
    name: 'nginx as documented, under a path',
    scheme: 'http',
    hasUrl: true,
    basePath: '/karaoke',
    server: ({ port }: Own) => `server { ${onPort(port)}; ${UNDER_A_PATH} }`,
  },
  {
    name: 'nginx as documented, under a path that it takes away',
    scheme: 'http',
    hasUrl: true,
    basePath: '/karaoke',
    server: ({ port }: Own) => `server { ${onPort(port)}; ${UNDER_A_PATH.replace(':8000;', ':8000/;')} }`,
  },
]

for (const { name, scheme, hasUrl, basePath, server } of cases) {
  describe(name, () => {
    let nginx: Nginx
    let system: System
    let browser: Browser
    let context: BrowserContext
    let page: Page
    let complaints: string[]
    let url: string
    let data: string

    before(async () => {
      data = await mkdtemp(join(tmpdir(), 'minus-one-proxied-'))
      const port = String(await freePort())
      nginx = await startNginx((own) => server(own).replace('127.0.0.1:8000', `127.0.0.1:${port}`))
      url = `${scheme}://localhost:${nginx.port}${basePath}`
      system = await startSystem({
        PORT: port,
        DATA_DIR: data,
        BASE_PATH: basePath,
        SERVER_URL: hasUrl ? url : '', // workers use it, so they go through the proxy too
        TRUSTED_PROXY: '127.0.0.1',
        ACCESS_TOKEN: TOKEN,
        WORKERS_HEALTHY: '1',
        NODE_EXTRA_CA_CERTS: nginx.certificate,
      })
      browser = await openBrowser()
      context = await browser.newContext({ ignoreHTTPSErrors: true })
      page = await context.newPage()
      complaints = complaintsOf(page)
    })
    after(async () => {
      await browser?.close()
      await system?.remove()
      await nginx?.remove()
      await rm(data, { recursive: true, force: true })
    })

    test('The page sends visitors to the login, and the cookie is valid for the path of the server alone', async () => {
      await page.goto(`${url}/`)
      await page.waitForURL(`${url}/login`)
      complaints.length = 0 // Chromium logs the 401
      await page.getByLabel('Access token').fill(TOKEN)
      await page.getByRole('button', { name: 'Log in' }).click()
      await page.waitForURL(`${url}/`)
      const [cookie] = await context.cookies(`${url}/`)
      assert.equal(cookie?.path, basePath || '/')
      assert.equal(cookie?.secure, scheme === 'https')
    })

    test('A song is uploaded, separated and played while events come through the proxy', async () => {
      const song = { name: 'Band - Mine.wav', mimeType: 'audio/wav', buffer: wavOf(makeSong(8)) }
      await page.locator('input[type=file]').setInputFiles(song)
      await songPage(page).ready('Mine')
      await until('it plays', async () => (await songPage(page).placeOf('Mine')) >= 1)
    })

    test('The mix downloads, and every link leads through the proxy', async () => {
      const download = page.waitForEvent('download')
      await page.getByRole('button', { name: 'Download Mine', exact: true }).click()
      const form = page.getByRole('form', { name: 'Download Mine' })
      await form.getByLabel('Format').selectOption('wav')
      await form.getByRole('button', { name: 'Download', exact: true }).click()
      assert.equal((await download).suggestedFilename(), 'Band - Mine (minus vocals).wav')
      const ask = (path: string) =>
        context.request.get(`${url}${path}`, { headers: { authorization: `Bearer ${TOKEN}` } })
      const progress = (await (await ask('/music/1')).json()) as { final: string; instruments: { track: string }[] }
      for (const link of [progress.final, ...progress.instruments.map(({ track }) => track)])
        assert.ok(link.startsWith(`${url}/file/`), link)
      assert.equal((await context.request.get(progress.final)).status(), 200)
      await context.request.post(`${url}/music?filename=second.wav`, { data: wavOf(makeSong(1)) })
      const next = (await ask('/music?limit=1')).headers()['link'] ?? ''
      assert.ok(next.startsWith(`<${basePath}/music?`), next)
      const mix = await context.request.post(`${url}/music/1/mix`, { data: { gains: { vocals: -3 } } })
      const { file } = (await mix.json()) as { file: string }
      assert.ok(file.startsWith(`${basePath}/file/`), file)
    })

    test('The documentation of the API loads and sends requests through the proxy', async () => {
      await page.goto(`${url}/docs`)
      await page.getByText('/healthz').first().click()
      await page.getByRole('button', { name: 'Try it out' }).click()
      await page.getByRole('button', { name: 'Execute' }).click()
      await page.getByText('"version"').first().waitFor()
    })

    test('The page can be installed: manifest, icons and service worker are below the path of the server', async () => {
      await page.goto(`${url}/`)
      const manifest = `${url}/manifest.webmanifest`
      const { start_url, icons } = (await (await context.request.get(manifest)).json()) as {
        start_url: string
        icons: { src: string }[]
      }
      assert.equal(new URL(start_url, manifest).href, `${url}/`)
      for (const { src } of icons)
        assert.equal((await context.request.get(new URL(src, manifest).href)).status(), 200, src)
      if (scheme === 'http') {
        const scope = await page.evaluate<string>('navigator.serviceWorker.ready.then(({ scope }) => scope)')
        assert.equal(scope, `${url}/`)
      }
    })

    const onlyHttp = scheme === 'http' ? test : () => undefined // Chromium runs no service worker with a self-signed certificate
    onlyHttp('the page that was kept opens while the server behind the proxy is away', async () => {
      await page.reload()
      await songPage(page).row('Mine').waitFor()
      await system.stop('SIGKILL')
      await page.reload()
      await page.getByRole('heading', { name: 'Minus One' }).waitFor()
      await page.getByText('The server cannot be reached; trying again.').waitFor()
      await system.restart()
      await songPage(page).row('Mine').waitFor({ timeout: 20_000 })
      forgive(complaints, SERVER_AWAY)
    })

    test('Logging out leads to the login through the proxy', async () => {
      await page.getByRole('button', { name: 'Menu', exact: true }).click()
      await page.getByRole('menuitem', { name: 'Log out' }).click()
      await page.waitForURL(`${url}/login`)
      assert.deepEqual(
        // The page may still show errors of the time when the server was down.
        complaints.filter((text) => !SERVER_AWAY.test(text) && !/401|certificate error/.test(text)),
        [],
      )
    })

    test('The server answers requests that do not come through the proxy', async () => {
      assert.equal((await fetch(`${system.url}/healthz`)).status, 200)
      const direct = client(system.url, { authorization: `Bearer ${TOKEN}` })
      const { final = '' } = await direct.progress(1)
      assert.ok(final.startsWith(`${system.url}${basePath}/file/`))
      assert.ok((await direct.sound(final)).length > 1_000_000)
    })
  })
}
