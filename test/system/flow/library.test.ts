import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { Music } from '../../../src/listen/schemas.ts'
import { forgive, SERVER_AWAY } from '../../support/browser.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { type Stage, setStage } from '../../support/stage.ts'
import { client } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const NAMED = ['Zoë - Été indien', 'Ärzte - Song 10', 'Beatles - Song 9']
const LONG =
  'An artist whose name does not fit on any screen whatever one does to it - A title that is as long as the artist'
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
    for (const name of [LONG, ...NAMED]) await api.upload(sound, `${name}.wav`)
    ;({ page, complaints } = await stage.newPage())
    await page.goto(stage.system.url)
    await row('Song 9').waitFor()
  })

  after(async () => {
    await stage.clear()
  })

  const list = () => page.getByRole('list', { name: 'Songs' })
  const row = (name: string) => list().getByRole('listitem', { name, exact: true })
  const show = (name: string) => row(name).locator('.row-show')
  const names = () =>
    list()
      .getByRole('listitem')
      .evaluateAll((all) => all.map((each) => each.getAttribute('aria-label')))
  const search = (words: string) => page.getByRole('searchbox').fill(words)
  const sortBy = (order: string) => page.getByLabel('Sort by').selectOption(order)
  const practised = () => page.locator('.practice-view').getAttribute('aria-label')

  test('Search finds songs by title and artist, ignoring accents and capitals', async () => {
    await search('ete ZOE')
    assert.deepEqual(await names(), ['Été indien'])
    await page
      .getByRole('status')
      .getByText(`1 of ${MANY + 4} songs`)
      .waitFor()
    await search('no such song')
    await page.getByText('No song is called that.').waitFor()
    await search('')
  })

  test('Songs are sorted with 9 before 10 and Ä beside A, and keep the order of uploads otherwise', async () => {
    await search('song')
    await sortBy('title')
    assert.deepEqual(await names(), ['Song 9', 'Song 10'])
    await sortBy('artist')
    assert.deepEqual(await names(), ['Song 10', 'Song 9'])
    await search('')
    await sortBy('newest first')
    assert.deepEqual((await names()).slice(0, 3), ['Song 9', 'Song 10', 'Été indien'])
  })

  test('The key / leads to the search, Arrow down from there to the songs, and Enter shows the first one found', async () => {
    await show('Song 9').focus()
    await page.keyboard.press('/')
    await page.keyboard.type('indien')
    assert.deepEqual(await names(), ['Été indien'])
    await page.keyboard.press('Enter')
    assert.equal(await practised(), 'Été indien')
    await page.keyboard.press('ArrowDown')
    assert.equal(await page.evaluate('document.activeElement.closest("li").ariaLabel'), 'Été indien')
    await search('')
  })

  test('A long list is drawn as far as it is in view, and says how long it is', async () => {
    assert.ok((await names()).length < 30)
    assert.equal(await row('Song 9').getAttribute('aria-setsize'), String(MANY + 4))
    assert.equal(await row('Song 10').getAttribute('aria-posinset'), '2')
    await list().hover()
    await page.mouse.wheel(0, 100_000)
    await row('Piece 1').waitFor()
    assert.ok((await names()).length < 30)
    await page.mouse.wheel(0, -100_000)
    await row('Song 9').waitFor()
  })

  test('A press and the Enter key show a song, and its address names it', async () => {
    await show('Song 10').click()
    assert.equal(await practised(), 'Song 10')
    const [music] = (await api.json<Music[]>('/music')).filter(({ name }) => name === 'Song 10')
    assert.equal(new URL(page.url()).search, `?song=${music?.music_id}`)
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    assert.equal(await practised(), 'Song 9')
    await page.goBack()
    assert.equal(await practised(), 'Song 10')
    assert.equal(await show('Song 10').getAttribute('aria-current'), 'true')
  })

  test('A song that was pressed leaves Home, End and the pedals to the player, one that was reached by keyboard does not', async () => {
    const focused = () => page.evaluate('document.activeElement.closest("li")?.ariaLabel')
    await show('Song 10').click()
    await page.keyboard.press('End')
    await page.keyboard.press('PageUp')
    assert.equal(await focused(), 'Song 10')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('End')
    await until('the last song has the focus', async () => (await focused()) === 'Piece 1')
    await page.keyboard.press('Home')
    await until('the first song has the focus', async () => (await focused()) === 'Song 9')
  })

  test('Rows keep their height and width, however long titles and artists are', async () => {
    // In one go: the list may draw its rows anew between two questions.
    const sizes = await page.evaluate<string[]>(
      `[...document.querySelectorAll('.song-row')].map((row) => row.clientWidth + ',' + row.clientHeight)`,
    )
    assert.equal(new Set(sizes).size, 1, [...new Set(sizes)].join(' and '))
    assert.match(sizes[0] ?? '', /^\d+,56$/)
    const [content, view] = await page
      .locator('.song-rows')
      .evaluate(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth])
    assert.equal(content, view)
    const title = LONG.split(' - ')[1] ?? ''
    assert.equal(await show(title).locator('bdi').first().getAttribute('title'), title)
  })

  test('A song shows how far it is while it is separated, and nothing of the kind when it is done', async () => {
    const { music_id, tracks } = await api.upload(wavOf(makeSong(30)), 'Nobody - Half a minute.wav')
    await row('Half a minute').waitFor()
    await api.keep(
      music_id,
      tracks.map(({ track_id }) => track_id),
    )
    await row('Half a minute')
      .getByText(/^\d+ %$/)
      .waitFor()
    await api.ready(music_id)
    await until('it is done', async () => (await row('Half a minute').getAttribute('data-state')) === 'quiet')
    assert.equal(await row('Half a minute').getByText('%').count(), 0)
    await show('Half a minute').click()
    assert.equal(await page.locator('.practice-view').getByRole('progressbar').count(), 0)
    assert.equal(await page.getByText('100 %', { exact: false }).filter({ hasText: '· ready' }).count(), 0)
  })

  test('The cover plays a song that was only uploaded, which starts its separation, and bars show that it plays', async () => {
    await row('Half a minute').getByRole('button', { name: 'Play Half a minute' }).click()
    await row('Half a minute').getByRole('button', { name: 'Pause Half a minute' }).waitFor()
    await row('Half a minute').locator('.bars.moving').waitFor()
    await row('Half a minute').getByRole('button', { name: 'Pause Half a minute' }).click()
    await row('Half a minute').locator('.bars:not(.moving)').waitFor()
    await row('Song 10').getByRole('button', { name: 'Play Song 10' }).click()
    const [music] = (await api.json<Music[]>('/music')).filter(({ name }) => name === 'Song 10')
    await api.ready(music?.music_id ?? 0)
  })

  test('Eight tabs of one browser share one event stream and show the same', async () => {
    const pages = await Promise.all(Array.from({ length: 8 }, () => page.context().newPage()))
    for (const each of pages) await each.goto(stage.system.url)
    const { music_id } = await api.upload(wavOf(makeSong(1)), 'Everywhere.wav')
    for (const each of pages) await each.getByRole('listitem', { name: 'Everywhere' }).waitFor()
    await Promise.all(pages.slice(1).map((each) => each.close()))
    await fetch(`${stage.system.url}/music/${music_id}`, { method: 'DELETE' })
    await pages[0]?.getByRole('listitem', { name: 'Everywhere' }).waitFor({ state: 'detached' })
    await pages[0]?.close()
  })

  test('On a phone the list is where it was when one comes back from a song, and the focus is on the song', async () => {
    const { page: phone } = await stage.newPage({
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    })
    await phone.goto(stage.system.url)
    await phone.getByRole('listitem', { name: 'Song 9' }).waitFor()
    await phone.locator('.song-rows').evaluate((rows) => rows.scrollTo(0, 900))
    await phone.getByRole('listitem', { name: 'Piece 30' }).locator('.row-show').tap()
    await phone.getByRole('heading', { name: 'Piece 30' }).waitFor()
    await until('the focus is on the way back', async () => {
      return await phone.evaluate('document.activeElement.matches(".to-library")')
    })
    await phone.getByRole('button', { name: 'Library' }).tap()
    await phone.getByRole('listitem', { name: 'Piece 30' }).waitFor()
    assert.equal(await phone.locator('.song-rows').evaluate((rows) => rows.scrollTop), 900)
    assert.equal(await phone.evaluate('document.activeElement.closest("li")?.ariaLabel'), 'Piece 30')
    await phone.context().close()
  })

  test('The page can be installed, and opens while the server is down', async () => {
    const manifest = await api.json<{ icons: { src: string }[] }>('/manifest.webmanifest')
    for (const { src } of manifest.icons) {
      assert.equal((await fetch(new URL(src, `${stage.system.url}/manifest.webmanifest`))).status, 200, src)
    }
    await page.evaluate('navigator.serviceWorker.ready.then(() => true)')
    await page.reload()
    await row('Song 10').waitFor()
    assert.deepEqual(complaints, [])
    await stage.system.stop('SIGKILL')
    await page.reload()
    await page.getByText('The server cannot be reached; trying again.').waitFor()
    await stage.system.restart()
    await row('Song 10').waitFor({ timeout: 60_000 })
    forgive(complaints, SERVER_AWAY)
  })
})
