import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { PracticeSettings } from '../../../src/song/practice-settings.ts'
import { forgive } from '../../support/browser.ts'
import { songPage } from '../../support/song-page.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { type Stage, setStage } from '../../support/stage.ts'
import { client } from '../../support/system.ts'
import { assertIsSong, insertTape, playTape, trim } from '../../support/tape.ts'
import { until } from '../../support/wait.ts'

const SAMPLE_RATE = 44_100
const SECONDS = 24

describe('The player in Chromium', () => {
  const song = makeSong(SECONDS)
  let stage: Stage
  let page: Page
  let complaints: string[]
  let clicks: string

  before(async () => {
    stage = await setStage(2)
    clicks = await stage.file('Clicks.wav', wavOf(song))
    page = await open()
  })
  after(async () => {
    await stage.clear()
  })

  async function open(prepare = async (_page: Page): Promise<unknown> => undefined): Promise<Page> {
    const { page: opened, complaints: heard } = await stage.newPage({ bypassCSP: true })
    complaints = heard
    await insertTape(opened)
    await prepare(opened)
    await opened.goto(stage.system.url)
    return opened
  }

  const card = () => songPage(page).song('Clicks')
  const button = (name: string) => songPage(page).player.getByRole('button', { name, exact: true })
  const inSong = (name: string) => card().getByRole('button', { name, exact: true })
  const isPressed = async (name: string) => (await inSong(name).getAttribute('aria-pressed')) === 'true'
  const everything = () => card().getByRole('button', { name: 'Full mix', exact: true }).click()
  const place = () => songPage(page).placeOf('Clicks')
  const seek = (seconds: number) => songPage(page).seek('Clicks', seconds)

  /** The mix that the server has of the song. */
  const savedMix = async () => (await client(stage.system.url).json<PracticeSettings>('/music/1/practice')).mix

  /** Plays for some seconds from a place. Resolves to what was heard. */
  async function hear(from: number, seconds: number): Promise<Float64Array> {
    await seek(from)
    await until('what was before is on tape', async () => (await playTape(page)).every((sample) => sample === 0))
    await button('Play Clicks').click()
    await page.waitForTimeout(1_000 * seconds)
    await button('Pause Clicks').click()
    await page.waitForTimeout(600)
    return trim(await playTape(page))
  }

  test('A new song plays by itself without the voice while it is being separated', async () => {
    await page.locator('input[type=file]').setInputFiles(clicks)
    await button('Pause Clicks').waitFor({ timeout: 20_000 })
    await until('it moves', async () => (await place()) > 0.5)
    assert.equal(await isPressed('Mute vocals'), true)
    assert.ok(
      (await playTape(page)).some((sample) => sample !== 0),
      'it is heard',
    )
    await button('Pause Clicks').click()
    await button('Play Clicks').waitFor()
    await songPage(page).ready('Clicks')
    const length = Number(await songPage(page).place('Clicks').getAttribute('max'))
    assert.ok(Math.abs(length - SECONDS) < 0.1, `${length} s`)
  })

  test('All stems at 0 dB sound as the song, sample by sample, across the border of two blocks', async () => {
    await everything()
    const tape = await hear(9.5, 3)
    assert.ok(tape.length > 2 * SAMPLE_RATE, `${tape.length} samples were heard`)
    assertIsSong(tape, { song, around: 9.5 })
  })

  test('The stems are in step after twenty seeks', async () => {
    for (let i = 0; i < 20; i++) await seek((i * 7) % SECONDS)
    assertIsSong(await hear(13.2, 1.5), { song, around: 13.2 })
  })

  test('A loop repeats at its exact sample', async () => {
    await seek(4)
    await button('A: loop from here').click()
    await seek(4.5)
    await songPage(page)
      .player.getByRole('button', { name: /^B.*: loop to here/ })
      .click()
    await page.getByRole('button', { name: /^B 0:04\.\d: loop to here$/ }).waitFor()
    const tape = await hear(4, 2.5)
    const length = 0.5 * SAMPLE_RATE
    assert.ok(tape.length > 3 * length)
    for (let i = 300; i < tape.length - length - 300; i++) {
      if (tape[i] !== tape[i + length]) assert.fail(`sample ${i} differs in the next round`)
    }
    await button('Remove the loop').click()
  })

  test('Solo, mute and faders change what is heard, and survive a reload', async () => {
    await inSong('Solo drums').click()
    assert.equal(await isPressed('Solo drums'), true)
    const alone = await hear(5, 0.8)
    const api = client(stage.system.url)
    const [music] = await api.json<{ music_id: number }[]>('/music')
    const { instruments } = await api.progress(music?.music_id ?? 0)
    const drums = await api.sound(instruments.find(({ name }) => name === 'drums')?.track ?? '')
    const probe = alone.subarray(300, 364)
    const starts = Array.from({ length: 40_000 }, (_, i) => 5 * SAMPLE_RATE - 10_000 + i)
    assert.ok(starts.some((at) => probe.every((sample, i) => sample === drums.readInt16LE(4 * (at + i)))))
    await card().getByLabel('Loudness of bass').fill('-12')
    await until('the mix is saved', async () => (await savedMix())?.gains['bass'] === -12)
    await page.reload()
    await until('the mix is as it was', () => isPressed('Solo drums'))
    assert.equal(await card().getByLabel('Loudness of bass').inputValue(), '-12')
    await everything()
  })

  test('Keys play, seek and mute', async () => {
    await page.locator('h1').click()
    await page.keyboard.press('Space')
    await button('Pause Clicks').waitFor()
    await page.keyboard.press('ArrowRight')
    await until('it has moved on', async () => (await place()) > 4.5)
    await page.keyboard.press('1')
    await until('the voice is out', () => isPressed('Mute vocals'))
    await until('it is saved', async () => (await savedMix())?.muted.join() === 'vocals')
    await page.keyboard.press('1')
    await seek(6)
    await page.keyboard.press('Space')
    await button('Play Clicks').waitFor()
  })

  test('Keys work on a French keyboard and with AltGr, act once while held down, and leave focused controls alone', async () => {
    const press = (key: object, on = 'h1') => page.locator(on).first().dispatchEvent('keydown', key)
    await press({ key: '&', code: 'Digit1' })
    await until('the voice is out', () => isPressed('Mute vocals'))
    await press({ key: '&', code: 'Digit1', repeat: true })
    await press({ key: 'a', code: 'KeyQ' }, 'select')
    assert.equal(await button('A: loop from here').count(), 1)
    await press({ key: '[', code: 'Digit5', ctrlKey: true, altKey: true }, 'input[type=file]')
    await button('A: loop from here').waitFor({ state: 'detached' })
    assert.equal(await isPressed('Mute vocals'), true)
    await press({ key: '&', code: 'Digit1' })
    await until('the voice is back', async () => !(await isPressed('Mute vocals')))
    await button('Remove the loop').click()
    await page.getByRole('button', { name: /machine/ }).press('Space')
    await page.getByText('Add a worker').press('Space')
    await page.locator('.add-worker[open]').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('h1').click()
  })

  test('A block that the server does not deliver is asked for again, and the page says so', async () => {
    let refused = 0
    await page.route('**/stems/**', (route) =>
      refused++ < 8 ? route.fulfill({ status: 500, body: 'no' }) : route.continue(),
    )
    await page.reload()
    await button('Play Clicks').click()
    await page.getByText(/did not come \(the server, or a proxy in front of it, answered 500\); trying again/).waitFor()
    await until('it plays', async () => (await place()) > 0.3)
    await button('Pause Clicks').click()
    await page.unroute('**/stems/**')
    forgive(complaints, /500/)
  })

  test('The player asks a busy server again after its Retry-After, not before', async () => {
    const asked: number[] = []
    await page.route('**/stems/**', (route) => {
      asked.push(performance.now())
      return route.fulfill({ status: 429, headers: { 'retry-after': '3' }, body: '{}' })
    })
    await page.reload()
    await button('Play Clicks').click()
    await page.getByText(/did not come \(the server is busy\); trying again/).waitFor()
    const first = asked.length
    await until('it is asked again', () => asked.length > first)
    assert.ok((asked[first] ?? 0) - (asked[first - 1] ?? 0) > 2_900)
    await page.unroute('**/stems/**')
    await until('it plays', async () => (await place()) > 0.3)
    await button('Pause Clicks').click()
    forgive(complaints, /429/)
  })

  test('The console shows no errors after playing', () => assert.deepEqual(complaints, []))

  test('Without AudioWorklet, as over plain http, the player plays the same samples', async () => {
    await page.close()
    page = await open((opened) =>
      opened.addInitScript(
        "Object.defineProperty(BaseAudioContext.prototype, 'audioWorklet', { get: () => undefined })",
      ),
    )
    await everything()
    await button('Play Clicks').click()
    await page.getByText(/Over https/).waitFor()
    await button('Pause Clicks').click()
    assertIsSong(await hear(9.5, 3), { song, around: 9.5 })
    assert.deepEqual(complaints, [])
  })

  test('A song deleted elsewhere stops and disappears, and the page goes on', async () => {
    await button('Play Clicks').click()
    const api = client(stage.system.url)
    const [music] = await api.json<{ music_id: number }[]>('/music')
    await fetch(`${stage.system.url}/music/${music?.music_id}`, { method: 'DELETE' })
    await card().waitFor({ state: 'detached' })
    assert.deepEqual(complaints, [])
  })
})
