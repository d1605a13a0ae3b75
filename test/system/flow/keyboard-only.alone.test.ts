import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { songPage } from '../../support/song-page.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { type Stage, setStage } from '../../support/stage.ts'
import { until } from '../../support/wait.ts'

const TITLE = 'Keys'
/** More Tab stops than the page has on the way to anything. */
const MAX_TABS = 40
/** The sum of layout shifts that nobody sees (web.dev, Cumulative Layout Shift: below 0.1 is good). */
const MAX_LAYOUT_SHIFT = 0.02
const OBSERVE_SHIFTS = `
  window.shifts = []
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries())
      window.shifts.push({ value, moved: sources.map(({ node }) => node?.className ?? node?.nodeName).join() })
  }).observe({ type: 'layout-shift', buffered: true })`

describe('A song by keyboard alone, in Chromium', () => {
  let stage: Stage
  let page: Page
  let complaints: string[]
  let song: string

  before(async () => {
    stage = await setStage(2)
    song = await stage.file(`${TITLE}.wav`, wavOf(makeSong(24)))
    ;({ page, complaints } = await stage.newPage())
    await page.addInitScript(OBSERVE_SHIFTS)
    await page.goto(stage.system.url)
    await page.getByText('What do you play?').first().waitFor()
  })
  after(async () => {
    await stage.clear()
  })

  const focused = () =>
    page.evaluate<string>(
      `document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()`,
    )

  /** Presses Tab until a control has the focus. Resolves to how often. */
  async function tabTo(name: RegExp): Promise<number> {
    for (let tabs = 1; tabs <= MAX_TABS; tabs++) {
      await page.keyboard.press('Tab')
      if (name.test(await focused())) return tabs
    }
    return assert.fail(`${name} was not reached`)
  }

  const isPressed = async (name: string) =>
    (await songPage(page).song(TITLE).getByRole('button', { name, exact: true }).getAttribute('aria-pressed')) ===
    'true'

  test('A file is chosen and plays by itself', async () => {
    const chooser = page.waitForEvent('filechooser')
    await page.locator('input[type=file]').first().focus()
    await page.keyboard.press('Space')
    await (await chooser).setFiles(song)
    await songPage(page).pause(TITLE).waitFor({ timeout: 30_000 })
    await songPage(page).ready(TITLE)
  })

  test('Keys loop it, leave stems out, and change the key', async () => {
    await page.keyboard.press('Escape')
    await page.evaluate('document.activeElement.blur()')
    await page.keyboard.press('[')
    const from = await songPage(page).placeOf(TITLE)
    await until('it has played on', async () => (await songPage(page).placeOf(TITLE)) > from + 1)
    await page.keyboard.press(']')
    await until('it loops', async () => (await songPage(page).placeOf(TITLE)) < from + 0.8)
    await page.keyboard.press('2')
    await until('the drums are left out', () => isPressed('Mute drums'))
    await page.keyboard.press('Space')
    await songPage(page).play(TITLE).waitFor()
  })

  test('Tab reaches a column of mute buttons once, and the arrows lead through it', async () => {
    await tabTo(/^Mute vocals$/)
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    assert.equal(await focused(), 'Mute bass')
    await page.keyboard.press('Space')
    await until('the bass is left out', () => isPressed('Mute bass'))
    await page.keyboard.press('Tab')
    assert.match(await focused(), /^Solo/, 'the next stop is the next column')
    const lanes = await songPage(page).song(TITLE).locator('.lane').count()
    const stops = await songPage(page)
      .song(TITLE)
      .locator('.lane :is(button, input)')
      .evaluateAll((all) => all.filter((each) => (each as unknown as { tabIndex: number }).tabIndex === 0).length)
    assert.ok(stops <= 2 * lanes + 2, `${stops} Tab stops in ${lanes} lanes`)
  })

  test('The mix is downloaded from the menu', async () => {
    await page.locator('h1').click()
    await songPage(page)
      .song(TITLE)
      .getByRole('button', { name: `Download ${TITLE}`, exact: true })
      .focus()
    await page.keyboard.press('Enter')
    await tabTo(/^$|Only|The mix/)
    const download = page.waitForEvent('download')
    await page.keyboard.press('Enter')
    assert.match((await download).suggestedFilename(), /^Keys \(other\)\.mp3$/)
  })

  test('The question mark opens the help with every key, and Escape closes it', async () => {
    await page.keyboard.press('Escape')
    await page.locator('h1').click()
    await page.keyboard.press('?')
    const help = page.getByRole('dialog', { name: 'Keyboard and pedals' })
    await help.getByText('Play or pause', { exact: true }).waitFor()
    await page.keyboard.press('Escape')
    await help.waitFor({ state: 'hidden' })
  })

  test('Nothing has moved by itself while the song was uploaded, separated and played', async () => {
    const shifts = await page.evaluate<{ value: number; moved: string }[]>('window.shifts')
    const sum = shifts.reduce((all, { value }) => all + value, 0)
    assert.ok(sum < MAX_LAYOUT_SHIFT, `${sum}: ${JSON.stringify(shifts)}`)
  })

  test('The console shows no errors after using the keyboard', () => assert.deepEqual(complaints, []))
})
