import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import { openBrowser } from '../../support/browser.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, type System, startSystem } from '../../support/system.ts'

const MAX_BYTES = 255
/** Uses letters of two or three bytes each. */
const LONG = { artist: 'Ärzte der Straße '.repeat(12).trim(), title: '夜に駆ける '.repeat(20).trim() }

describe('The name of a downloaded file', () => {
  let system: System
  let browser: Browser
  let api: ReturnType<typeof client>
  let id: number
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-names-'))
    system = await startSystem({ WORKERS_HEALTHY: '1' })
    api = client(system.url)
    const music = await api.upload(wavOf(makeSong(3)), 'a/b\\c "d".wav')
    id = music.music_id
    await api.keep(id, ['drums', 'bass', 'other'])
    await api.ready(id)
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    await system?.remove()
    await rm(folder, { recursive: true, force: true })
  })

  const rename = (band: string, name: string) =>
    api.json(`/music/${id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ band, name }),
    })

  /** The names under which curl -OJ and Chromium save it. */
  async function namesOf(path: string): Promise<{ curl: string; chromium: string }> {
    const at = await mkdtemp(join(folder, 'curl-'))
    await promisify(execFile)('/usr/bin/curl', ['-sSfOJ', path], { cwd: at })
    const [curl = ''] = await readdir(at)
    const page = await browser.newPage()
    const download = page.waitForEvent('download')
    await page.goto(path).catch(() => undefined) // a download aborts the navigation
    const chromium = (await download).suggestedFilename()
    await page.close()
    return { curl, chromium }
  }
  const mix = async () => `${(await api.progress(id)).final}?format=wav&download`

  test('A download name keeps the artist when names hold slashes', async () => {
    await rename('AC/DC', 'Back\\In/Black "live"')
    const name = "AC-DC - Back-In-Black 'live' (minus vocals).wav"
    assert.deepEqual(await namesOf(await mix()), { curl: name, chromium: name })
  })

  test('A download name shortens artist and title when both are too long, and keeps what was done to the song', async () => {
    await rename(LONG.artist, LONG.title)
    const { curl, chromium } = await namesOf(await mix())
    for (const name of [curl, chromium]) assert.ok(Buffer.byteLength(name) <= MAX_BYTES, name)
    assert.match(chromium, /^Ärzte der Straße Ärzte.*… - 夜に駆ける 夜に駆ける.*… \(minus vocals\)\.wav$/)
    assert.match(curl, /^Arzte der Strasse Arzte.* - _____ _____.* \(minus vocals\)\.wav$/)
  })

  test('A download name keeps a short artist or title whole beside a long one', async () => {
    await rename('Queen', 'T'.repeat(300))
    assert.match((await namesOf(await mix())).curl, /^Queen - T{190,}\.{3} \(minus vocals\)\.wav$/)
    await rename('B'.repeat(300), 'Song')
    assert.match((await namesOf(await mix())).chromium, /^B{190,}… - Song \(minus vocals\)\.wav$/)
  })

  test('A download name has an ASCII form without accents for programs that read only that', async () => {
    await rename('Björk', 'Jóga – «été»')
    assert.deepEqual(await namesOf(await mix()), {
      curl: 'Bjork - Joga - _ete_ (minus vocals).wav',
      chromium: 'Björk - Jóga – «été» (minus vocals).wav',
    })
  })

  test('The original downloads under its upload name, without folders', async () => {
    const name = "c 'd'.wav"
    assert.deepEqual(await namesOf(`${system.url}/music/${id}/original`), { curl: name, chromium: name })
  })
})
