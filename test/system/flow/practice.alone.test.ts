import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { PracticeSettings } from '../../../src/song/practice-settings.ts'
import { axeViolations } from '../../support/axe.ts'
import { songPage } from '../../support/song-page.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { type Stage, setStage } from '../../support/stage.ts'
import { client } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const SECONDS = 24

describe('Loops, tempo and key on the page in Chromium', () => {
  let stage: Stage
  let page: Page
  let complaints: string[]

  before(async () => {
    stage = await setStage(2)
    ;({ page, complaints } = await stage.newPage())
    await page.goto(stage.system.url)
    await page.locator('input[type=file]').setInputFiles(await stage.file('Clicks.wav', wavOf(makeSong(SECONDS))))
    await button('Pause Clicks').click({ timeout: 20_000 })
    await songPage(page).ready('Clicks')
  })
  after(async () => {
    await stage.clear()
  })

  const card = () => songPage(page).song('Clicks')
  const button = (name: string) => songPage(page).player.getByRole('button', { name, exact: true })
  const place = () => songPage(page).placeOf('Clicks')
  const seek = (seconds: number) => songPage(page).seek('Clicks', seconds)
  const loopEnds = async () => {
    const words = songPage(page).player.getByRole('button', { name: /^[AB] .*: loop/ })
    return (await words.evaluateAll((all) => all.map((each) => each.getAttribute('aria-label')))).join()
  }
  const press = async (name: string, times: number) => {
    for (let i = 0; i < times; i++) await button(name).click()
  }

  /** What the server has. */
  const practice = () => client(stage.system.url).json<PracticeSettings>('/music/1/practice')

  /** How many seconds of the song play in one second. */
  async function speed(): Promise<number> {
    await seek(2)
    await button('Play Clicks').click()
    await until('it plays', async () => (await place()) > 2.3)
    const [from, began] = [await place(), performance.now()]
    await page.waitForTimeout(3_000)
    const found = (1_000 * ((await place()) - from)) / (performance.now() - began)
    await button('Pause Clicks').click()
    return found
  }

  test('Dragging on a waveform makes a loop and dragging its end moves it; it is kept and played with a run-up', async () => {
    const waveform = card().locator('.waveform').first()
    const box = await waveform.boundingBox()
    const pull = async (from: number, to: number) => {
      const x = (seconds: number) => (box?.x ?? 0) + ((box?.width ?? 0) * seconds) / SECONDS
      const y = (box?.y ?? 0) + 10
      await page.mouse.move(x(from), y)
      await page.mouse.down()
      await page.mouse.move(x((from + to) / 2), y)
      await page.mouse.move(x(to), y)
      await page.mouse.up()
    }
    await pull(9, 5)
    await until('the loop is there', async () => /A 0:0[45].*B 0:0[89]/.test(await loopEnds()))
    await pull(5, 7.2)
    await until('its start has moved', async () => /A 0:07.*B 0:0[89]/.test(await loopEnds()))
    await until('it is saved', async () => ((await practice()).loop?.start ?? 0) > 6.5)
    await page.reload()
    await seek(1)
    await until('it is there again', async () => /A 0:07.*B 0:0[89]/.test(await loopEnds()))
    await page.locator('h1').click()
    await page.keyboard.press('\\')
    await until('it plays from two seconds before', async () => (await place()) > 5 && (await place()) < 6.5)
    await button('Pause Clicks').click()
    await button('Remove the loop').click()
    await until('it is gone', async () => (await loopEnds()) === '')
  })

  test('Sound has the tempo of the stepper in any key, and both settings are kept', async () => {
    assert.ok(Math.abs((await speed()) - 1) < 0.1)
    await press('Tempo down', 10)
    await press('Key up', 5)
    await button('Tempo: 50 %. Press to reset').waitFor()
    const half = await speed()
    assert.ok(Math.abs(half - 0.5) < 0.1, `${half}`)
    if (process.env['SCREENSHOTS']) await page.screenshot({ path: join(process.env['SCREENSHOTS'], 'practice.png') })
    await until('both are saved', async () => (await practice()).semitones === 5)
    await page.reload()
    const again = await speed()
    assert.ok(Math.abs(again - 0.5) < 0.1, `${again} after a reload`)
    await button('Key: +5. Press to reset').waitFor()
    assert.deepEqual(await axeViolations(page), [])
    await button('Tempo: 50 %. Press to reset').click()
    await button('Key: +5. Press to reset').click()
    assert.ok(Math.abs((await speed()) - 1) < 0.1)
  })

  test('Dragging on the waveform of another song opens that song with the loop', async () => {
    await page.locator('input[type=file]').setInputFiles(await stage.file('Other.wav', wavOf(makeSong(SECONDS, 2))))
    const shown = songPage(page)
    await shown.show('Other')
    await shown.ready('Other')
    const other = shown.song('Other')
    const waveform = other.locator('.waveform').first()
    await waveform.scrollIntoViewIfNeeded()
    const { x = 0, y = 0, width = 0 } = (await waveform.boundingBox()) ?? {}
    await page.mouse.move(x + width / 4, y + 10)
    await page.mouse.down()
    await page.mouse.move(x + width / 3, y + 10)
    await page.mouse.move(x + width / 2, y + 10)
    await page.mouse.up()
    await until('the loop is there', async () => /A 0:0[56].*B 0:1[12]/.test(await loopEnds()))
    const there = () => shown.placeOf('Other')
    await until('it is where the loop begins', async () => Math.abs((await there()) - SECONDS / 4) < 0.3)
    await shown.play('Other').click()
    await until('it plays in the loop', async () => (await there()) > SECONDS / 4 + 0.3)
    await shown.pause('Other').click()
  })

  test('The controls for loops, tempo and key fit a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 })
    const width = await page.evaluate<number>('document.documentElement.scrollWidth')
    assert.ok(width <= 390, `nothing sticks out (${width})`)
    if (process.env['SCREENSHOTS'])
      await page.screenshot({ path: join(process.env['SCREENSHOTS'], 'practice-phone.png') })
  })

  test('The console shows no errors after practising', () => assert.deepEqual(complaints, []))
})
