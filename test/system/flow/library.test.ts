import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { Health, Music } from '../../../src/listen/schemas.ts'
import { axeViolations } from '../../support/axe.ts'
import { forgive, SERVER_AWAY } from '../../support/browser.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { type Stage, setStage } from '../../support/stage.ts'
import { client } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const NAMED = ['Zoë - Été indien', 'Ärzte - Song 10', 'Beatles - Song 9']
const MANY = 45

describe('The library on the page in Chromium', () => {
  let stage: Stage
  let api: ReturnType<typeof client>
  let page: Page
  let complaints: string[]

  before(async () => {
    stage = await setStage(1)
    api = client(stage.system.url)
    const sound = wavOf(makeSong(1))
    for (let number = 1; number <= MANY; number++) await api.upload(sound, `Filler - Piece ${number}.wav`)
    for (const name of NAMED) await api.upload(sound, `${name}.wav`)
    ;({ page, complaints } = await stage.newPage())
    await page.goto(stage.system.url)
    await card('Song 9').waitFor()
  })

  after(async () => {
    await stage.clear()
  })

  const card = (name: string) => page.getByRole('article', { name, exact: true })
  const names = () => page.getByRole('article').evaluateAll((all) => all.map((each) => each.getAttribute('aria-label')))
  const search = (words: string) => page.getByRole('searchbox').fill(words)
  const sortBy = (order: string) => page.getByLabel('Sort by').selectOption(order)

  test('Search finds songs by title and artist, ignoring accents and capitals', async () => {
    await search('ete ZOE')
    assert.deepEqual(await names(), ['Été indien'])
    await search('no such song')
    await page.getByText('No song is called that.').waitFor()
    await search('')
  })

  test('Songs are sorted with 9 before 10 and Ä beside A', async () => {
    await search('song')
    await sortBy('title')
    assert.deepEqual(await names(), ['Song 9', 'Song 10'])
    await sortBy('artist')
    assert.deepEqual(await names(), ['Song 10', 'Song 9'])
    await search('')
    await sortBy('newest first')
  })

  test('A long list is drawn as far as the reader has scrolled', async () => {
    assert.equal((await names()).length, 20)
    await page.mouse.wheel(0, 100_000)
    await until('the next ones are drawn', async () => (await names()).length === 40)
    await page.getByRole('button', { name: /^Show more/ }).press('Enter')
    await until('the last one is drawn', async () => (await names()).at(-1) === 'Piece 1')
    await page.evaluate('scrollTo(0, 0)')
  })

  test('In a long list only the newest song is open, others open on demand', async () => {
    const parts = (name: string) => card(name).getByRole('list', { name: `Parts of ${name}` })
    assert.equal(await parts('Song 9').count(), 1)
    assert.equal(await parts('Song 10').count(), 0)
    const button = card('Song 10').getByRole('button', { name: 'Parts of Song 10' })
    await button.press('Enter')
    await parts('Song 10').waitFor()
    assert.equal(await button.getAttribute('aria-expanded'), 'true')
    await button.click()
    await parts('Song 10').waitFor({ state: 'detached' })
  })

  test('A song is renamed by keyboard alone, and Escape cancels', async () => {
    await card('Song 9').getByRole('button', { name: 'Rename Song 9' }).press('Enter')
    await page.keyboard.type('Drive my car')
    await page.keyboard.press('Escape')
    await card('Song 9').getByRole('button', { name: 'Rename Song 9' }).press('Enter')
    await page.keyboard.type('Yesterday ♪')
    await page.keyboard.press('Enter')
    await card('Yesterday ♪').getByText('Beatles').waitFor()
    const list = await api.json<Music[]>('/music')
    assert.equal(list.at(-1)?.name, 'Yesterday ♪')
  })

  test('Undo brings a deleted song back on every open page', async () => {
    const { page: other } = await stage.newPage()
    await other.goto(stage.system.url)
    const there = other.getByRole('article', { name: 'Song 10', exact: true })
    await there.waitFor()
    await card('Song 10').getByRole('button', { name: 'Delete Song 10' }).click()
    await card('Song 10').waitFor({ state: 'detached' })
    await there.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Undo' }).click()
    await card('Song 10').waitFor()
    await there.waitFor()
    assert.equal(await page.getByRole('button', { name: 'Undo' }).count(), 0)
    await other.close()
  })

  test('Eight tabs of one browser share one event stream and show the same', async () => {
    const pages = await Promise.all(Array.from({ length: 8 }, () => page.context().newPage()))
    for (const each of pages) await each.goto(stage.system.url)
    const { music_id } = await api.upload(wavOf(makeSong(1)), 'Everywhere.wav')
    for (const each of pages) await each.getByRole('article', { name: 'Everywhere' }).waitFor()
    await Promise.all(pages.slice(1).map((each) => each.close()))
    await fetch(`${stage.system.url}/music/${music_id}`, { method: 'DELETE' })
    await pages[0]?.getByRole('article', { name: 'Everywhere' }).waitFor({ state: 'detached' })
    await pages[0]?.close()
  })

  test('Playing a song that was only uploaded starts its separation', async () => {
    await card('Song 10').getByRole('button', { name: 'Play Song 10' }).click()
    await card('Song 10')
      .getByRole('button', { name: 'Pause Song 10' })
      .or(card('Song 10').getByText('0:01 of 0:01'))
      .waitFor()
    const [music] = (await api.json<Music[]>('/music')).filter(({ name }) => name === 'Song 10')
    await api.ready(music?.music_id ?? 0)
  })

  test('The page shows the command that adds a worker to this server', async () => {
    await page.getByText('Add a worker').click()
    const command = await page.locator('.command code').textContent()
    const { broker } = await api.json<Health>('/healthz')
    const port = broker?.address.split(':').at(-1)
    assert.equal(command, `${port === '61613' ? '' : `BROKER_PORT=${port} `}./bin/minus-one work`)
    await page.getByRole('button', { name: 'Copy' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`The page has no accessibility violations in ${colorScheme} mode, wide and narrow`, async () => {
      await card('Yesterday ♪').getByRole('button', { name: 'Rename Yesterday ♪' }).click()
      await card('Song 10').getByRole('button', { name: 'Delete Song 10' }).click()
      await page.getByRole('button', { name: 'Undo' }).waitFor()
      await page.emulateMedia({ colorScheme })
      for (const viewport of [
        { width: 1280, height: 800 },
        { width: 390, height: 844 },
      ]) {
        await page.setViewportSize(viewport)
        const target = process.env['SCREENSHOTS']
        const picture = `library-${colorScheme}-${viewport.width}.png`
        if (target) await page.screenshot({ path: join(target, picture) })
        assert.deepEqual(await axeViolations(page), [])
      }
      await page.getByRole('button', { name: 'Undo' }).click()
      await card('Song 10').waitFor()
      await card('Yesterday ♪').getByRole('button', { name: 'Cancel' }).click()
    })
  }

  test('The page can be installed, and opens while the server is down', async () => {
    const manifest = await api.json<{ icons: { src: string }[] }>('/manifest.webmanifest')
    for (const { src } of manifest.icons) {
      assert.equal((await fetch(new URL(src, `${stage.system.url}/manifest.webmanifest`))).status, 200, src)
    }
    await page.evaluate('navigator.serviceWorker.ready.then(() => true)')
    await page.reload()
    await card('Song 10').waitFor()
    assert.deepEqual(complaints, [])
    await stage.system.stop('SIGKILL')
    await page.reload()
    await page.getByText('The server cannot be reached; trying again.').waitFor()
    await stage.system.restart()
    await card('Song 10').waitFor({ timeout: 60_000 })
    forgive(complaints, SERVER_AWAY)
  })
})
