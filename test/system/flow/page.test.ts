import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { forgive } from '../../support/browser.ts'
import { matroskaOf, pcmTrack } from '../../support/matroska.ts'
import { songPage } from '../../support/song-page.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { type Stage, setStage } from '../../support/stage.ts'
import { client } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

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

  const TITLE = 'Chanson d’été'
  const song = () => songPage(page).song(TITLE)
  const isPressed = async (name: string) =>
    (await song().getByRole('button', { name, exact: true }).getAttribute('aria-pressed')) === 'true'

  /** Downloads what the menu has under a label. Resolves to its file name and its bytes. */
  async function download(what: string, format: string): Promise<{ name: string; bytes: Buffer }> {
    await song()
      .getByRole('button', { name: `Download ${TITLE}`, exact: true })
      .click()
    const form = song().getByRole('form', { name: `Download ${TITLE}` })
    await form.getByLabel(what).check()
    await form.getByLabel('Format').selectOption(format)
    const coming = page.waitForEvent('download')
    await form.getByRole('button', { name: 'Download', exact: true }).click()
    const file = await coming
    const path = await stage.file('downloaded', '')
    await file.saveAs(path)
    await page.keyboard.press('Escape')
    return { name: file.suggestedFilename(), bytes: await readFile(path) }
  }

  test('A chip tells the machines, and opens a panel with the workers', async () => {
    await page.getByRole('button', { name: /^1 machine/ }).click()
    await page.getByRole('list', { name: 'Workers' }).getByRole('listitem').nth(1).waitFor()
  })

  test('A chosen file is separated without the voice by itself, and its segments show which worker does them', async () => {
    await page.locator('input[type=file]').setInputFiles(chanson)
    await song().waitFor()
    await song().getByText('Band').waitFor()
    await until('seven segments are shown', async () => (await page.locator('.strip li').count()) === 7)
    await songPage(page).ready(TITLE)
    await until('all are final', async () => (await page.locator('.strip .final').count()) === 7)
    assert.match((await page.locator('.strip li').first().getAttribute('title')) ?? '', /final by \w{7}/)
    assert.deepEqual([await isPressed('Mute drums'), await isPressed('Mute vocals')], [false, true])
    await screenshot('ready')
    await page.keyboard.press('Escape')
    await page.locator('.strip').waitFor({ state: 'detached' })
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
    await until('it is there', async () => Math.abs((await songPage(page).placeOf(TITLE)) - 12) < 2)
  })

  test('The mix downloads as it is heard, under a name that says what it is', async () => {
    const { name, bytes } = await download('The mix, as it is heard', 'mp3')
    assert.equal(name, 'Band - Chanson d’été (minus vocals).mp3')
    assert.ok(bytes.length > 100_000)
    await song().getByRole('slider', { name: 'Loudness of drums' }).fill('-6')
    await song().getByRole('button', { name: 'Mute vocals' }).click()
    const { name: changed } = await download('The mix, as it is heard', 'flac')
    assert.equal(changed, 'Band - Chanson d’été (drums −6 dB).flac')
  })

  test('One stem downloads alone, and everything as one zip', async () => {
    assert.equal((await download('Only bass', 'wav')).name, 'Band - Chanson d’été (bass).wav')
    const { name, bytes } = await download('Everything', 'mp3')
    assert.equal(name, 'Band - Chanson d’été (all tracks).zip')
    for (const stem of ['vocals', 'drums', 'bass', 'other']) assert.ok(bytes.includes(`(${stem}).mp3`), stem)
  })

  test('A download has the key and tempo that are heard, unless the recording’s are wanted', async () => {
    const press = (name: string) => songPage(page).player.getByRole('button', { name, exact: true }).click()
    for (let i = 0; i < 4; i++) await press('Tempo down')
    await press('Key down')
    const { name, bytes } = await download('Only bass', 'wav')
    assert.match(name, /bass.*−1 semitone, 80 %\)\.wav$/)
    const { bytes: plain } = await download('Only bass', 'wav')
    assert.equal(bytes.length, plain.length)
    assert.equal((bytes.length - 44) / 4, Math.round((24 * 44_100) / 0.8))
    await press('Tempo: 80 %. Press to reset')
    await press('Key: −1. Press to reset')
    assert.equal(((await download('Only bass', 'wav')).bytes.length - 44) / 4, 24 * 44_100)
  })

  test('Zoomed waveforms show less of the song, and a press seeks to the place that is shown', async () => {
    await song().getByRole('button', { name: 'Zoom in on Chanson d’été' }).click()
    await page.keyboard.press('+')
    const from = song().getByRole('slider', { name: 'Shown from, in Chanson d’été' })
    await from.fill('18')
    const waveform = song().locator('.waveform').first()
    const box = await waveform.boundingBox()
    await waveform.click({ position: { x: (box?.width ?? 0) / 2, y: 10 } })
    await until('it is there', async () => Math.abs((await songPage(page).placeOf(TITLE)) - 21) < 1)
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
    // Sent again, it would be refused again.
    assert.equal(await page.getByRole('button', { name: 'Try again' }).count(), 0)
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
    await songPage(phone).row(TITLE).waitFor()
    const width = await phone.evaluate<number>('document.documentElement.scrollWidth')
    assert.ok(width <= 390, `nothing sticks out (${width})`)
    if (process.env['SCREENSHOTS'])
      await phone.screenshot({ path: join(process.env['SCREENSHOTS'], 'phone.png'), fullPage: true })
    await phone.close()
  })

  test('Warnings about a file stand with its song', async () => {
    const tracks = [1, 2].map((seed) => pcmTrack(makeSong(2, seed)))
    await client(stage.system.url).upload(matroskaOf({ tracks }), 'film.mkv')
    await songPage(page).show('film')
    const film = songPage(page).song('film')
    await film.getByText(/The file has 2 sound tracks.* Track 1 was taken/).waitFor()
  })

  test('Reset asks for confirmation and removes everything', async () => {
    page.once('dialog', (dialog) => void dialog.accept())
    await page.getByRole('button', { name: 'Menu', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Delete all songs' }).click()
    await songPage(page).row(TITLE).waitFor({ state: 'detached' })
    assert.deepEqual(await client(stage.system.url).json('/music'), [])
  })

  test('The page causes no console errors and asks no other host for anything', () => assert.deepEqual(complaints, []))

  async function screenshot(name: string): Promise<void> {
    const target = process.env['SCREENSHOTS']
    if (target) await page.screenshot({ path: join(target, `${name}.png`), fullPage: true })
  }
})
