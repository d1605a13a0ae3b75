import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, before, describe, test } from 'node:test'
import type { BrowserContextOptions, CDPSession, Page } from 'playwright-core'
import type { Music } from '../../../src/listen/schemas.ts'
import { forgive, SERVER_AWAY } from '../../support/browser.ts'
import { songPage } from '../../support/song-page.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { type Stage, setStage } from '../../support/stage.ts'
import { client } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

/** Longer than what the page keeps decoded around the playhead, so that some blocks are not loaded yet. */
const SECONDS = 90
const FAR_SECONDS = 80
/** Divides the samples, so that FLAC blocks are small and a slow connection delivers them in time. */
const SOFTENED = 128
const THIN = { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 }
const WIDE = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 }
const THIN_LINE_MS = 60_000

/** Acts as a browser that forbids sound before a click. For Chromium every action of Playwright counts as a click. */
const WANTS_CLICK = `{
  let isClicked = false
  addEventListener('click', ({ isTrusted }) => (isClicked ||= isTrusted), true)
  const { resume } = AudioContext.prototype
  const { get } = Object.getOwnPropertyDescriptor(BaseAudioContext.prototype, 'state')
  AudioContext.prototype.resume = function () {
    return isClicked ? resume.call(this) : this.suspend().then(() => new Promise(() => {}))
  }
  Object.defineProperty(BaseAudioContext.prototype, 'state', {
    get() { return isClicked ? get.call(this) : 'suspended' },
  })
  Object.defineProperty(navigator, 'userActivation', { get: () => ({ isActive: isClicked }) })
}`

describe('The page in Chromium when network, server or storage fail', () => {
  let stage: Stage
  let api: ReturnType<typeof client>
  let page: Page
  let complaints: string[]

  before(async () => {
    stage = await setStage(2)
    api = client(stage.system.url)
    const { music_id, tracks } = await api.upload(
      wavOf(makeSong(SECONDS).map((sample) => sample / SOFTENED)),
      'Song.wav',
    )
    await api.keep(
      music_id,
      tracks.map(({ track_id }) => track_id),
    )
    await api.ready(music_id)
    await open()
  })
  after(async () => {
    await stage.clear()
  })

  async function open({ script = '', ...options }: BrowserContextOptions & { script?: string } = {}): Promise<void> {
    await page?.context().close()
    ;({ page, complaints } = await stage.newPage(options))
    if (script) await page.addInitScript(script)
    await page.goto(stage.system.url)
    await button('Play Song').waitFor()
  }

  const card = () => songPage(page).song('Song')
  const button = (name: string) => songPage(page).player.getByRole('button', { name, exact: true })
  const place = () => songPage(page).placeOf('Song')
  const seek = (seconds: number) => songPage(page).seek('Song', seconds)
  const isHeard = (after: number, timeoutMs = 20_000) =>
    until(`it is heard after ${after} s`, async () => (await place()) > after, { timeoutMs })

  async function line(conditions: typeof THIN): Promise<CDPSession> {
    const session = await page.context().newCDPSession(page)
    await session.send('Network.enable')
    await session.send('Network.emulateNetworkConditions', conditions)
    return session
  }

  test('On a slow connection the page says what it waits for, and plays when that has come', async () => {
    const session = await line(THIN)
    await button('Play Song').click()
    await page.getByText('This part is on its way from the server …').waitFor()
    await isHeard(0.5, THIN_LINE_MS)
    await session.send('Network.emulateNetworkConditions', WIDE)
    await session.detach()
    await seek(FAR_SECONDS)
    await isHeard(FAR_SECONDS + 0.3)
    assert.equal(await page.locator('.silence').textContent(), '')
    assert.deepEqual(complaints, [])
  })

  test('Without network the page plays what it has, says what it waits for, and goes on afterwards', async () => {
    await open()
    await button('Play Song').click()
    await isHeard(0.3)
    await page.context().setOffline(true)
    await isHeard(1.5)
    await seek(FAR_SECONDS)
    await page.getByText('A part of the song did not come (the server cannot be reached); trying again.').waitFor()
    await button('Pause Song').waitFor()
    await page.context().setOffline(false)
    await isHeard(FAR_SECONDS + 0.3)
    assert.equal(await page.locator('.silence').textContent(), '')
    forgive(complaints, /ERR_INTERNET_DISCONNECTED/)
    assert.deepEqual(complaints, [])
  })

  test('While the server is down the page plays on, says so, and reconnects by itself', async () => {
    await open()
    await button('Play Song').click()
    await isHeard(0.3)
    await stage.system.stop('SIGKILL')
    const gone = page.getByText('The server cannot be reached; trying again.')
    await gone.waitFor()
    const before = await place()
    await isHeard(before + 1)
    await seek(FAR_SECONDS)
    await page.getByText(/did not come/).waitFor()
    await answerAsWhenStarting(stage.system.url)
    await stage.system.restart()
    await isHeard(FAR_SECONDS + 0.3)
    await gone.waitFor({ state: 'detached', timeout: 20_000 })
    forgive(complaints, SERVER_AWAY)
    assert.deepEqual(complaints, [])
  })

  test('A song deleted while the page was offline disappears from it', async () => {
    const { music_id } = await api.upload(wavOf(makeSong(1)), 'Gone.wav')
    await open()
    await songPage(page).row('Gone').waitFor()
    await stage.system.restart()
    await api.json(`/music/${music_id}`, { method: 'DELETE' })
    await songPage(page).row('Gone').waitFor({ state: 'detached', timeout: 20_000 })
    await card().waitFor()
    forgive(complaints, SERVER_AWAY)
    assert.deepEqual(complaints, [])
  })

  const broken = [
    {
      what: 'is not there',
      answer: { status: 404, body: '{}' },
      words: 'the server, or a proxy in front of it, answered 404',
    },
    {
      what: 'a proxy has no server for',
      answer: { status: 503, body: 'no' },
      words: 'the server behind the proxy does not answer',
    },
    { what: 'is no sound', answer: { status: 200, body: 'fLaC and nothing else' }, words: 'its sound is broken' },
  ]
  for (const { what, answer, words } of broken) {
    test(`The page asks again for a block that ${what}, and plays when it comes`, async () => {
      await open()
      await page.route('**/stems/**', (route) => route.fulfill(answer))
      await button('Play Song').click()
      await page.getByText(`A part of the song did not come (${words}); trying again.`).waitFor()
      await page.unroute('**/stems/**')
      await isHeard(0.3)
      assert.equal(await page.locator('.silence').textContent(), '')
      forgive(complaints, /404|503/)
      assert.deepEqual(complaints, [])
    })
  }

  test('The page works as usual when the storage of the browser is full', async () => {
    await open({
      script: `for (let size = 1 << 20; size > 0; size >>= 1)
        try { for (let i = 0; ; i++) localStorage.setItem(size + '.' + i, 'x'.repeat(size)) } catch {}`,
    })
    await page.getByRole('button', { name: 'Drums', exact: true }).click()
    await card().getByRole('button', { name: 'Mute bass' }).click()
    await card().getByLabel('Loudness of drums').fill('-6')
    await button('Play Song').click()
    await isHeard(0.3)
    assert.equal(await card().getByRole('button', { name: 'Mute bass' }).getAttribute('aria-pressed'), 'true')
    assert.equal(await page.evaluate('Object.keys(localStorage).some((key) => key.startsWith("minus-one"))'), false)
    assert.deepEqual(complaints, [])
  })

  test('The page opens when its service worker has no space to cache it', async () => {
    await open()
    await page.evaluate('navigator.serviceWorker.ready.then(() => true)')
    const session = await page.context().newCDPSession(page)
    await session.send('Storage.overrideQuotaForOrigin', { origin: stage.system.url, quotaSize: 1 })
    await page.reload()
    await button('Play Song').waitFor()
    await session.detach()
    assert.deepEqual(complaints, [])
  })

  test('Where the browser forbids sound without a click, the page asks for a click and then plays', async () => {
    await open({ script: WANTS_CLICK })
    await page.locator('input[type=file]').setInputFiles(await stage.file('Click.wav', wavOf(makeSong(24))))
    const shown = songPage(page)
    const words = page.getByText('The browser wants a click before it lets a page sound: press Play.')
    await words.waitFor()
    const [music] = (await api.json<Music[]>('/music')).filter(({ name }) => name === 'Click')
    await api.ready(music?.music_id ?? 0)
    await shown.ready('Click')
    await words.waitFor()
    await shown.play('Click').click()
    await until('it plays', async () => (await shown.placeOf('Click')) > 0.3)
    assert.equal(await words.count(), 0)
    assert.deepEqual(complaints, [])
  })
})

/** Answers 503 with Retry-After on a server's port until the page has asked for the events. */
async function answerAsWhenStarting(url: string): Promise<void> {
  const asked = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/events')) asked.resolve()
    response.writeHead(503, { 'retry-after': '1' }).end()
  })
  server.listen(Number(new URL(url).port), '127.0.0.1')
  await asked.promise
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
