import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { serverApi } from '../../../src/separate/server-api.ts'
import { type Assignment, CONTRACT } from '../../../src/song/messages.ts'
import { openBrowser } from '../../support/browser.ts'
import { type Nginx, startNginx } from '../../support/nginx.ts'
import { freePort } from '../../support/ports.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { type System, startProcess, startSystem } from '../../support/system.ts'

describe('Answers that come from a proxy instead of the server', () => {
  let nginx: Nginx
  let system: System
  let browser: Browser
  let page: Page
  let url: string
  let folder: string
  let song: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-refused-'))
    song = join(folder, 'Long.wav')
    system = await startSystem({ WORKERS_HEALTHY: '0', TRUSTED_PROXY: '127.0.0.1' })
    const nobody = await freePort()
    // nginx's default limit for bodies is 1 MB.
    nginx = await startNginx(
      ({ port }) => `server {
        listen 127.0.0.1:${port};
        proxy_set_header X-Forwarded-Host $http_host;
        location / { proxy_pass ${system.url}; proxy_buffering off; }
        location /nobody/ { proxy_pass http://127.0.0.1:${nobody}/; }
        location /elsewhere/ { return 404; }
      }`,
    )
    url = `http://127.0.0.1:${nginx.port}`
    browser = await openBrowser()
    page = await browser.newPage()
    await page.goto(url)
  })
  after(async () => {
    await browser?.close()
    await nginx?.remove()
    await system?.remove()
    await rm(folder, { recursive: true, force: true })
  })

  const upload = async (bytes: Buffer): Promise<void> => {
    await writeFile(song, bytes)
    await page.locator('input[type=file]').setInputFiles(song)
  }
  const isTold = async (words: RegExp): Promise<void> => {
    await page.getByRole('alert').getByText(words).waitFor()
    await page.getByRole('button', { name: 'Dismiss' }).click()
    await page.getByRole('alert').waitFor({ state: 'detached' })
  }

  test('The page explains that a file is too large for the proxy', async () => {
    await upload(wavOf(makeSong(12)))
    await isTold(/The proxy in front of the server refuses files of this size\..*client_max_body_size/)
  })

  test('The page explains that the proxy broke off a large upload', async () => {
    await page.route('**/music?filename=*', (route) => route.abort('connectionreset'))
    await upload(wavOf(makeSong(12)))
    await isTold(/The upload broke off\..*may refuse files of this size .*client_max_body_size/)
    await page.unrouteAll()
  })

  test('The page explains that the server behind the proxy does not answer', async () => {
    await page.route('**/music?filename=*', (route) => route.continue({ url: `${url}/nobody/music` }))
    await upload(wavOf(makeSong(1)))
    await isTold(/The server behind the proxy does not answer\./)
  })

  const saidByDoctor = async (path: string): Promise<string> => {
    const doctor = startProcess(['doctor', '--server', `${url}${path}`])
    assert.equal(await doctor.ended, 1)
    return doctor.log()
  }

  test('Doctor tells a server that does not answer from a wrong path', async () => {
    assert.match(await saidByDoctor('/nobody'), /it answers 502: the server behind the proxy does not answer/)
    assert.match(await saidByDoctor('/elsewhere/'), /it answers 404: the answer did not come from Minus One.* path/)
  })

  test('A worker explains the answer of the proxy and gives its job back', async () => {
    const claim = { v: CONTRACT, generation: 1, token: '12345678', worker: 'w', delivery: 'd' }
    const { signal } = new AbortController()
    await assert.rejects(
      serverApi(`${url}/nobody`, signal).claim(1, claim),
      /502 to the claim: the server behind the proxy/,
    )
    await assert.rejects(
      serverApi(`${url}/elsewhere`, signal).claim(1, claim),
      /404 to the claim: the answer did not come from Minus One/,
      'it is not taken for a job that is over',
    )
    const assignment: Assignment = {
      jobId: 1,
      songId: 1,
      attempt: 1,
      attemptToken: '12345678',
      kind: 'separate',
      segment: 0,
      modelId: 'm',
      inputBytes: 1,
      level: null,
    }
    const parts = [Buffer.alloc(4 << 20)]
    await assert.rejects(
      serverApi(url, signal).sendResult({ assignment, parts, seconds: 1 }),
      /413 to the result: the proxy in front of the server refuses bodies of this size;.*client_max_body_size/,
    )
  })
})
