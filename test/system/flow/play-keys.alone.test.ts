import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { songPage } from '../../support/song-page.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { type Stage, setStage } from '../../support/stage.ts'
import { client } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

describe('Playing in Chromium', () => {
  let stage: Stage
  let page: Page
  let complaints: string[]

  before(async () => {
    stage = await setStage(2)
    const api = client(stage.system.url)
    for (const name of ['First', 'Second', 'Clicks']) {
      const { music_id } = await api.upload(wavOf(makeSong(name === 'Clicks' ? 24 : 1)), `${name}.wav`)
      await api.keep(music_id, ['drums', 'bass', 'other'])
      await api.ready(music_id)
    }
    ;({ page, complaints } = await stage.newPage())
    await page.goto(stage.system.url)
  })
  after(async () => {
    await stage.clear()
  })

  const card = (name = 'Clicks') => songPage(page).song(name)
  const row = (name: string) => songPage(page).row(name)
  const inPlayer = (name: string, on = page) => songPage(on).player.getByRole('button', { name, exact: true })
  const button = (name: string) => page.getByRole('button', { name, exact: true })
  const place = () => songPage(page).placeOf('Clicks')
  const seek = (seconds: number) => songPage(page).seek('Clicks', seconds)
  const loudness = () => card().getByLabel('Loudness of bass')
  const icon = () => page.locator('link[rel=icon]').evaluate((link) => (link as unknown as { href: string }).href)

  test('The tab names the song, and its title and icon show whether it plays', async () => {
    assert.equal(await page.title(), 'Minus One')
    await inPlayer('Play Clicks').click()
    await until('the title shows it', async () => (await page.title()) === '▶ Clicks')
    assert.equal(await icon(), `${stage.system.url}/icon-playing.svg`)
    assert.equal((await fetch(await icon())).headers.get('content-type'), 'image/svg+xml')
    assert.equal(await page.evaluate('navigator.mediaSession.metadata.title'), 'Clicks')
    await inPlayer('Pause Clicks').click()
    await until('the title shows the pause', async () => (await page.title()) === 'Clicks · Minus One')
    assert.equal(await icon(), `${stage.system.url}/icon.svg`)
  })

  test('Space plays and pauses after a click on any button, and presses a button that was reached by keyboard', async () => {
    await button('Solo bass').click()
    await page.keyboard.press('Space')
    await inPlayer('Pause Clicks').waitFor()
    await page.keyboard.press('Space')
    await inPlayer('Play Clicks').waitFor()
    assert.equal(await button('Solo bass').getAttribute('aria-pressed'), 'true')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Space')
    await until(
      'it is no longer solo',
      async () => (await button('Solo bass').getAttribute('aria-pressed')) === 'false',
    )
    await inPlayer('Play Clicks').waitFor()
  })

  test('Arrow keys seek after a slider was touched; up and down move the slider, and a text field keeps its keys', async () => {
    await seek(10)
    await songPage(page)
      .place('Clicks')
      .click({ position: { x: 5, y: 5 } })
    await page.keyboard.press('ArrowRight')
    await until('five seconds on', async () => (await place()) >= 5)
    await seek(10)
    await loudness().focus()
    await page.keyboard.press('ArrowLeft')
    await until('five seconds back', async () => Math.abs((await place()) - 5) < 0.2)
    assert.equal(await loudness().inputValue(), '0')
    await page.keyboard.press('ArrowDown')
    assert.equal(await loudness().inputValue(), '-1')
    await page.getByLabel('Search songs').fill('c')
    for (const key of ['ArrowLeft', 'Home', 'PageDown', '.', 'Control+z']) await page.keyboard.press(key)
    assert.equal(Math.round(await place()), 5)
    assert.equal(await loudness().inputValue(), '-1')
    await page.getByLabel('Search songs').fill('')
  })

  test('The keys of a page-turner pedal play, pause and go back to the start of the loop', async () => {
    await page.locator('h1').click()
    await seek(4)
    await page.locator('h1').click()
    await page.keyboard.press('[')
    await page.keyboard.press('End')
    await until('it is at the end', async () => (await place()) > 23.5)
    await page.keyboard.press('PageUp')
    await until('it is at the start of the loop', async () => Math.abs((await place()) - 4) < 0.2)
    await page.keyboard.press('PageDown')
    await inPlayer('Pause Clicks').waitFor()
    await page.keyboard.press('PageDown')
    await inPlayer('Play Clicks').waitFor()
    await button('Remove the loop').click()
    await page.locator('h1').click()
    await page.keyboard.press('Home')
    await until('it is at the start', async () => (await place()) === 0)
    await page.keyboard.press('.')
    await until('it is a tenth on', async () => (await place()) === 0.1)
  })

  test('Ctrl and Z takes back a preset with the faders that it wiped, and then each fader', async () => {
    await card().getByRole('button', { name: 'Full mix', exact: true }).click()
    await loudness().fill('-12')
    await page.locator('h1').click()
    await button('Only the voice').click()
    assert.equal(await loudness().inputValue(), '0')
    await page.keyboard.press('Control+z')
    await until('the fader is back', async () => (await loudness().inputValue()) === '-12')
    await page.keyboard.press('Control+z')
    await until('and where it was before', async () => (await loudness().inputValue()) === '0')
    await page.keyboard.press('Control+Shift+Z')
    await until('it is made again', async () => (await loudness().inputValue()) === '-12')
  })

  test('Ctrl and Z brings several deleted songs back, the last one first', async () => {
    for (const name of ['First', 'Second']) {
      await row(name)
        .getByRole('button', { name: `More for ${name}` })
        .click()
      await page.getByRole('menuitem', { name: 'Delete', exact: true }).click()
      await row(name).waitFor({ state: 'detached' })
    }
    await page.getByText('Deleted Second.').waitFor()
    await page.locator('h1').click()
    await page.keyboard.press('Control+z')
    await row('Second').waitFor()
    await page.getByText('Deleted First.').waitFor()
    assert.equal(await row('First').count(), 0)
    await page.keyboard.press('Control+z')
    await row('First').waitFor()
    assert.equal(await button('Undo').count(), 0)
    await page.keyboard.press('Control+y')
    await row('First').waitFor({ state: 'detached' })
    await button('Undo').click()
    await row('First').waitFor()
  })

  test('The playing song keeps its controls while the list shows others, and ends of the song and the address do no harm', async () => {
    await seek(1)
    await inPlayer('Play Clicks').click()
    await page.getByLabel('Search songs').fill('First')
    await row('Clicks').waitFor({ state: 'detached' })
    await row('First').locator('.row-show').click()
    await card('First').waitFor()
    await inPlayer('Pause Clicks').waitFor()
    await page.getByLabel('Search songs').fill('')
    await row('Clicks').locator('.row-show').click()
    await page.locator('h1').click()
    await page.keyboard.press('+')
    await page.keyboard.press('End')
    await inPlayer('Play Clicks').waitFor()
    await page.keyboard.press('0')
    assert.equal(await page.getByRole('alert').count(), 0)
  })

  test('Of two tabs the one that was played last plays, and the other says why it is silent', async () => {
    const other = await page.context().newPage()
    await other.goto(stage.system.url)
    await inPlayer('Play Clicks').click()
    await until('it plays', async () => (await place()) > 0.5)
    await inPlayer('Play Clicks', other).click()
    await page.getByText('Another tab plays now.').waitFor()
    await inPlayer('Play Clicks').waitFor()
    await inPlayer('Pause Clicks', other).waitFor()
    await inPlayer('Play Clicks').click()
    await other.getByText('Another tab plays now.').waitFor()
    await inPlayer('Pause Clicks').waitFor()
    await page.getByText('Another tab plays now.').waitFor({ state: 'detached' })
    await other.close()
    await inPlayer('Pause Clicks').click()
  })

  test('The console shows no errors after playing by keys', () => assert.deepEqual(complaints, []))
})
