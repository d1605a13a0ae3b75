import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { Music } from '../../../src/listen/schemas.ts'
import { axeViolations } from '../../support/axe.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { type Stage, setStage } from '../../support/stage.ts'
import { client } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const NAMED = ['Alpha', 'Beta', 'Gamma', 'Delta', 'Epsilon']

describe('What the page in Chromium does with a song of the library', () => {
  let stage: Stage
  let api: ReturnType<typeof client>
  let page: Page
  let complaints: string[]

  before(async () => {
    stage = await setStage(0)
    api = client(stage.system.url)
    for (const name of NAMED) await api.upload(wavOf(makeSong(1)), `Someone - ${name}.wav`)
    await api.upload(wavOf(makeSong(1)), 'فيروز - نسم علينا الهوى.wav')
    ;({ page, complaints } = await stage.newPage({ permissions: ['clipboard-read', 'clipboard-write'] }))
    await page.goto(stage.system.url)
    await row('Alpha').waitFor()
  })

  after(async () => {
    await stage.clear()
  })

  const row = (name: string) => page.getByRole('list', { name: 'Songs' }).getByRole('listitem', { name, exact: true })
  const show = (name: string) => row(name).locator('.row-show')
  const menu = () => page.getByRole('menu')
  const item = (name: string) => page.getByRole('menuitem', { name, exact: true })
  const focused = () =>
    page.evaluate<string>(
      `document.activeElement.closest('li')?.ariaLabel ?? document.activeElement.outerHTML.slice(0, 80)`,
    )
  const isFocused = (name: string) =>
    page.evaluate<boolean>(`document.activeElement.textContent === ${JSON.stringify(name)}`)
  const focusIs = (name: string) => until(`the focus is on ${name}`, async () => (await focused()) === name)
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key)
  }

  test('The list is one Tab stop, and arrows lead through its songs and their buttons', async () => {
    await page.getByLabel('Sort by').focus()
    await press('Tab', 'End')
    await focusIs('Alpha')
    await press('ArrowUp', 'ArrowUp')
    await focusIs('Gamma')
    await press('ArrowLeft')
    assert.equal(await page.evaluate('document.activeElement.ariaLabel'), 'Play Gamma')
    await press('ArrowRight', 'ArrowRight')
    assert.equal(await page.evaluate('document.activeElement.ariaLabel'), 'More for Gamma')
    await press('ArrowLeft', 'Shift+Tab', 'Tab')
    await focusIs('Gamma')
    assert.equal(await page.locator('.song-rows [tabindex="0"]').count(), 1)
  })

  test('Shift and F10 open the menu of a song, letters and arrows lead through it, and Escape gives the focus back', async () => {
    await show('Gamma').focus()
    await press('Shift+F10')
    await menu().waitFor()
    await press('d')
    await until('a letter leads to its item', () => isFocused('Download original'))
    await press('ArrowDown', 'ArrowDown')
    assert.ok(await isFocused('Delete'))
    await press('Home')
    assert.ok(await isFocused('Play'))
    await press('Escape')
    await menu().waitFor({ state: 'hidden' })
    await focusIs('Gamma')
  })

  test('A press with the right button opens the menu, and a press beside it closes it', async () => {
    await show('Beta').click({ button: 'right' })
    await menu().waitFor()
    await page.mouse.click(900, 300)
    await menu().waitFor({ state: 'hidden' })
  })

  test('A song is renamed by keyboard alone, Escape cancels, and the focus returns to its row', async () => {
    await show('Beta').focus()
    await press('F2')
    const dialog = page.getByRole('dialog', { name: 'Rename Beta' })
    await dialog.waitFor()
    await page.keyboard.type('Drive my car')
    await press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await focusIs('Beta')
    await press('Shift+F10')
    await item('Rename').press('Enter')
    await page.keyboard.type('Yesterday ♪')
    await press('Enter')
    await row('Yesterday ♪').waitFor()
    await focusIs('Yesterday ♪')
    assert.ok((await api.json<Music[]>('/music')).some(({ name }) => name === 'Yesterday ♪'))
  })

  test('A song that is renamed keeps the focus where the list is sorted by title', async () => {
    await page.getByLabel('Sort by').selectOption('title')
    await show('Alpha').focus()
    await press('F2')
    await page.keyboard.type('Zulu')
    await press('Enter')
    await until(
      'it is the last one of its script',
      async () => (await row('Zulu').getAttribute('aria-posinset')) === '5',
    )
    await focusIs('Zulu')
    await press('F2')
    await page.keyboard.type('Alpha')
    await press('Enter')
    await row('Alpha').waitFor()
    await page.getByLabel('Sort by').selectOption('newest first')
  })

  test('The menu copies the address of a song and downloads what was uploaded', async () => {
    await row('Gamma').getByRole('button', { name: 'More for Gamma' }).click()
    await item('Copy link').click()
    await page.getByText('The link is copied.').waitFor()
    const link = await page.evaluate<string>('navigator.clipboard.readText()')
    await page.goto(link)
    await page.getByRole('heading', { name: 'Gamma' }).waitFor()
    await row('Gamma').getByRole('button', { name: 'More for Gamma' }).click()
    const download = page.waitForEvent('download')
    await item('Download original').click()
    assert.match((await download).suggestedFilename(), /Gamma/)
  })

  test('The next song gets the focus after one is deleted, and Ctrl+Z brings deleted songs back, the last one first', async () => {
    await show('Delta').focus()
    await press('Delete')
    await row('Delta').waitFor({ state: 'detached' })
    await focusIs('Gamma')
    await press('Shift+F10')
    await item('Delete').press('Enter')
    await row('Gamma').waitFor({ state: 'detached' })
    await focusIs('Yesterday ♪')
    await press('Control+z')
    await row('Gamma').waitFor()
    assert.equal(await row('Delta').count(), 0)
    await press('Control+Shift+z')
    await row('Gamma').waitFor({ state: 'detached' })
    await press('Control+z', 'Control+z')
    await row('Gamma').waitFor()
    await row('Delta').waitFor()
    assert.equal(await page.getByText(/^Deleted/).count(), 0)
  })

  test('Ctrl+Z in the search undoes what was typed there, and no deletion', async () => {
    await show('Delta').focus()
    await press('Delete')
    await row('Delta').waitFor({ state: 'detached' })
    await page.getByRole('searchbox').focus()
    await page.keyboard.type('a')
    await press('Control+z')
    await until('the search is empty', async () => (await page.getByRole('searchbox').inputValue()) === '')
    assert.equal(await row('Delta').count(), 0)
  })

  test('Undo brings a deleted song back on every open page, and the focus goes to the list', async () => {
    const { page: other } = await stage.newPage()
    await other.goto(stage.system.url)
    await other.getByRole('listitem', { name: 'Alpha', exact: true }).waitFor()
    assert.equal(await other.getByRole('listitem', { name: 'Delta', exact: true }).count(), 0)
    await page.getByText('Deleted Delta.').waitFor()
    await page.getByRole('button', { name: 'Undo', exact: true }).press('Enter')
    await row('Delta').waitFor()
    await other.getByRole('listitem', { name: 'Delta', exact: true }).waitFor()
    await until('the focus is in the list', async () => NAMED.concat('Yesterday ♪').includes(await focused()))
    await other.context().close()
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`The library has no accessibility violations in ${colorScheme} mode, wide and narrow, with its menu and dialog`, async () => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      for (const viewport of [
        { width: 1280, height: 800 },
        { width: 390, height: 844 },
      ]) {
        await page.setViewportSize(viewport)
        await page.goto(stage.system.url)
        await show('Alpha').focus()
        await press('Shift+F10')
        await menu().waitFor()
        const target = process.env['SCREENSHOTS']
        if (target) await page.screenshot({ path: join(target, `library-${colorScheme}-${viewport.width}.png`) })
        assert.deepEqual(await axeViolations(page), [])
        await item('Rename').click()
        await page.getByRole('dialog').waitFor()
        if (target) await page.screenshot({ path: join(target, `rename-${colorScheme}-${viewport.width}.png`) })
        assert.deepEqual(await axeViolations(page), [])
        await press('Escape')
      }
      await page.setViewportSize({ width: 1280, height: 800 })
    })
  }

  test('The bars of the song in the player stand still under reduced motion, and show in forced colours', async () => {
    await page.emulateMedia({ reducedMotion: null })
    await page.evaluate(
      `document.querySelector('.row-play').insertAdjacentHTML('beforeend', '<svg class="bars moving"><rect /></svg>')`,
    )
    const styleOf = (element: string, name: string) =>
      page.evaluate<string>(`getComputedStyle(document.querySelector('${element}')).${name}`)
    assert.equal(await styleOf('.bars rect', 'animationName'), 'bar')
    await page.emulateMedia({ reducedMotion: 'reduce', forcedColors: 'active' })
    assert.equal(await styleOf('.bars rect', 'animationName'), 'none')
    assert.notEqual(await styleOf('.bars rect', 'fill'), await styleOf('.bars', 'backgroundColor'))
    await page.emulateMedia({ reducedMotion: null, forcedColors: null })
  })

  test('The console shows no errors', () => assert.deepEqual(complaints, []))
})
