import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { forgive } from '../../support/browser.ts'
import { matroskaOf, pcmTrack } from '../../support/matroska.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { type Stage, setStage } from '../../support/stage.ts'
import { client } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const READY_MS = 60_000

describe('The page in Chromium', () => {
  let stage: Stage
  let page: Page
  let complaints: string[]
  let chanson: string
  let text: string

  before(async () => {
    stage = await setStage(2)
    chanson = await stage.file('Band - Chanson d’été.wav', wavOf(makeSong(24)))
    text = await stage.file('text.mp3', 'this is no song')
    ;({ page, complaints } = await stage.newPage())
    page.on('request', (request) => {
      if (!request.url().startsWith(stage.system.url)) complaints.push(`a request to ${request.url()}`)
    })
    await page.goto(stage.system.url)
  })

  after(async () => {
    await stage.clear()
  })

  const song = () => page.getByRole('article', { name: 'Chanson d’été' })

  test('The page lists the workers', async () => {
    await page.getByRole('region', { name: 'Workers' }).getByRole('row').nth(2).waitFor()
  })

  test('A chosen file is separated without the voice by itself, and its segments show which worker does them', async () => {
    await page.locator('input[type=file]').setInputFiles(chanson)
    await song().waitFor()
    await song().getByText('Band').waitFor()
    await until('seven segments are shown', async () => (await song().locator('.strip li').count()) === 7)
    await song().locator('[data-state=ready], output:has-text("ready")').waitFor({ timeout: READY_MS })
    assert.equal(await song().locator('.strip .final').count(), 7)
    assert.match((await song().locator('.strip li').first().getAttribute('title')) ?? '', /final by \w{7}/)
    assert.equal(await song().getByRole('checkbox', { name: 'drums' }).isChecked(), true)
    assert.equal(await song().getByRole('checkbox', { name: 'vocals' }).isChecked(), false)
    await screenshot('ready')
  })

  test('Every lane shows its waveform to the end of the song, and a press on it seeks', async () => {
    const waveforms = song().locator('.waveform')
    assert.equal(await waveforms.count(), 4)
    const isDrawn = `[...document.querySelectorAll('.waveform canvas')].map((canvas) => {
      const { width, height } = canvas
      const { data } = canvas.getContext('2d').getImageData(Math.floor(width * 0.9), 0, Math.floor(width * 0.05), height)
      return data.some((value) => value > 0)
    })`
    await until('all are drawn', async () => (await page.evaluate<boolean[]>(isDrawn)).every(Boolean))
    const box = await waveforms.nth(1).boundingBox()
    await waveforms.nth(1).click({ position: { x: (box?.width ?? 0) / 2, y: 10 } })
    const place = song().getByRole('slider', { name: 'Place in Chanson d’été' })
    await until('it is there', async () => Math.abs(Number(await place.inputValue()) - 12) < 2)
  })

  test('Choosing other stems renders the mix again', async () => {
    const link = song().getByRole('link', { name: 'Download The mix as wav' })
    const before = await link.getAttribute('href')
    await song().getByRole('checkbox', { name: 'vocals' }).check()
    await until('the mix is another file', async () => {
      const after = await link.getAttribute('href', { timeout: 5_000 }).catch(() => before)
      return after !== before
    })
  })

  test('The mix downloads under a name that says what it is', async () => {
    const download = page.waitForEvent('download')
    await song().getByRole('link', { name: 'Download The mix as mp3' }).click()
    const file = await download
    assert.equal(file.suggestedFilename(), 'Band - Chanson d’été.mp3')
    const path = await stage.file('download.mp3', '')
    await file.saveAs(path)
    assert.ok((await readFile(path)).length > 100_000)
  })

  test('After a fader is moved the mix downloads as it is heard, with the change in its name', async () => {
    await song().getByRole('slider', { name: 'Loudness of drums' }).fill('-6')
    const download = page.waitForEvent('download')
    await song().getByRole('button', { name: 'Download The mix as flac' }).click()
    assert.equal((await download).suggestedFilename(), 'Band - Chanson d’été (drums −6 dB).flac')
    await song().getByRole('slider', { name: 'Loudness of drums' }).fill('0')
    await song().getByRole('link', { name: 'Download The mix as mp3' }).waitFor()
  })

  test('Zoomed waveforms show less of the song, and a press seeks to the place that is shown', async () => {
    await song().getByRole('button', { name: 'Zoom in on Chanson d’été' }).click()
    await page.keyboard.press('+')
    const from = song().getByRole('slider', { name: 'Shown from, in Chanson d’été' })
    await from.fill('18')
    const waveform = song().locator('.waveform').first()
    const box = await waveform.boundingBox()
    await waveform.click({ position: { x: (box?.width ?? 0) / 2, y: 10 } })
    const place = song().getByRole('slider', { name: 'Place in Chanson d’été' })
    await until('it is there', async () => Math.abs(Number(await place.inputValue()) - 21) < 1)
    await screenshot('zoomed')
    await song().getByRole('button', { name: 'Zoom out of Chanson d’été' }).press('Enter')
    await page.keyboard.press('-')
    await from.waitFor({ state: 'detached' })
  })

  test('A file that is no song is refused in the words of the server', async () => {
    await page.locator('input[type=file]').setInputFiles(text)
    const alert = page.getByRole('alert')
    await alert.waitFor()
    assert.match((await alert.textContent()) ?? '', /no file of sound/)
    await page.getByRole('button', { name: 'Dismiss' }).click()
    await alert.waitFor({ state: 'detached' })
    forgive(complaints, /405/)
  })

  test('A press tries an upload again that broke off', async () => {
    await page.route('**/music?*', (route) => route.abort(), { times: 1 })
    await page.locator('input[type=file]').setInputFiles(text)
    await page.getByText('The upload broke off.').waitFor()
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText(/no file of sound/).waitFor()
    await page.getByRole('button', { name: 'Dismiss' }).click()
    forgive(complaints, /405|ERR_FAILED/)
  })

  test('A pasted file is uploaded like a dropped one', async () => {
    await page.evaluate(`{
      const clipboardData = new DataTransfer()
      clipboardData.items.add(new File(['no song'], 'pasted.mp3'))
      document.dispatchEvent(new ClipboardEvent('paste', { clipboardData }))
    }`)
    await page.getByText('pasted.mp3').waitFor()
    await page.getByText(/no file of sound/).waitFor()
    await page.getByRole('button', { name: 'Dismiss' }).click()
    forgive(complaints, /405/)
  })

  test('A page opened later on a phone in dark mode shows the same songs', async () => {
    const { page: phone } = await stage.newPage({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' })
    await phone.goto(stage.system.url)
    await phone.getByRole('article', { name: 'Chanson d’été' }).getByText('100 %').waitFor()
    const width = await phone.evaluate<number>('document.documentElement.scrollWidth')
    assert.ok(width <= 390, `nothing sticks out (${width})`)
    if (process.env['SCREENSHOTS'])
      await phone.screenshot({ path: join(process.env['SCREENSHOTS'], 'phone.png'), fullPage: true })
    await phone.close()
  })

  test('Warnings about a file stand with its song', async () => {
    const tracks = [1, 2].map((seed) => pcmTrack(makeSong(2, seed)))
    await client(stage.system.url).upload(matroskaOf({ tracks }), 'film.mkv')
    const film = page.getByRole('article', { name: 'film' })
    await film.getByText(/The file has 2 sound tracks.* Track 1 was taken/).waitFor()
  })

  test('Reset asks for confirmation and removes everything', async () => {
    page.once('dialog', (dialog) => void dialog.accept())
    await page.getByRole('button', { name: /^Reset/ }).click()
    await song().waitFor({ state: 'detached' })
    assert.deepEqual(await client(stage.system.url).json('/music'), [])
  })

  test('The page causes no console errors and asks no other host for anything', () => assert.deepEqual(complaints, []))

  async function screenshot(name: string): Promise<void> {
    const target = process.env['SCREENSHOTS']
    if (target) await page.screenshot({ path: join(target, `${name}.png`), fullPage: true })
  }
})
