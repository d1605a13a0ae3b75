import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { Music } from '../../../src/listen/schemas.ts'
import type { Setlist } from '../../../src/listen/setlist-schemas.ts'
import { axeViolations } from '../../support/axe.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { type Stage, setStage } from '../../support/stage.ts'
import { client } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

describe('Setlists on the page in Chromium', () => {
  let stage: Stage
  let api: ReturnType<typeof client>
  let page: Page
  let complaints: string[]

  before(async () => {
    stage = await setStage(0)
    api = client(stage.system.url)
    for (const name of ['Alpha', 'Beta', 'Gamma']) await api.upload(wavOf(makeSong(1)), `Someone - ${name}.wav`)
    ;({ page, complaints } = await stage.newPage({ reducedMotion: 'reduce' }))
    await page.goto(stage.system.url)
    await row('Alpha').waitFor()
  })

  after(async () => {
    await stage.clear()
  })

  const list = () => page.getByRole('list', { name: 'Songs' })
  const row = (name: string) => list().getByRole('listitem', { name, exact: true })
  const switcher = () => page.getByLabel('Setlist', { exact: true })
  const item = (name: string) => page.getByRole('menuitem', { name, exact: true })
  const names = () =>
    list()
      .getByRole('listitem')
      .evaluateAll((all) => all.map((each) => each.getAttribute('aria-label')))
  const shows = (...expected: string[]) =>
    until(`the list shows ${expected}`, async () => `${await names()}` === `${expected}`)
  const choose = async (song: string, what: string) => {
    await row(song)
      .getByRole('button', { name: `More for ${song}` })
      .click()
    await item(what).click()
  }
  /** The titles of the only setlist, as the server has them. */
  const saved = async () => {
    const [setlist] = await api.json<Setlist[]>('/setlists')
    const all = await api.json<Music[]>('/music')
    return setlist?.songs.map((id) => all.find(({ music_id }) => music_id === id)?.name)
  }

  test('The menu of a song adds it to a new setlist, and other songs to the same', async () => {
    await choose('Beta', 'Add to setlist…')
    await page.keyboard.type('Friday ♪')
    await page.keyboard.press('Enter')
    await until('it is made', async () => `${await saved()}` === 'Beta')
    for (const song of ['Alpha', 'Gamma']) {
      await choose(song, 'Add to setlist…')
      await page.getByRole('dialog').getByRole('button', { name: 'Friday ♪' }).click()
      await page.getByText('Added to Friday ♪.').waitFor()
    }
    await until('all are in it', async () => `${await saved()}` === 'Beta,Alpha,Gamma')
  })

  test('The switcher shows the songs of a setlist in its order, and its address shows the same elsewhere', async () => {
    await switcher().selectOption('Friday ♪ (3)')
    await shows('Beta', 'Alpha', 'Gamma')
    assert.match(page.url(), /\?setlist=\d+/)
    assert.equal(await page.getByLabel('Sort by').count(), 0)
    const { page: other } = await stage.newPage()
    await other.goto(page.url())
    await other.getByRole('listitem', { name: 'Beta' }).waitFor()
    assert.equal(await other.getByRole('listitem', { name: 'Beta' }).getAttribute('aria-posinset'), '1')
    await other.context().close()
  })

  test('Alt and arrows move a song, which keeps the focus, and Ctrl+Z moves it back', async () => {
    await row('Beta').locator('.row-show').focus()
    await page.keyboard.press('Alt+ArrowDown')
    await page.keyboard.press('Alt+ArrowDown')
    await shows('Alpha', 'Gamma', 'Beta')
    assert.equal(await page.evaluate('document.activeElement.closest("li")?.ariaLabel'), 'Beta')
    await until('it is saved', async () => `${await saved()}` === 'Alpha,Gamma,Beta')
    await page.keyboard.press('Control+z')
    await shows('Alpha', 'Beta', 'Gamma')
  })

  test('A song is dragged to another place', async () => {
    await row('Gamma').dragTo(row('Alpha'))
    await shows('Gamma', 'Alpha', 'Beta')
    await until('it is saved', async () => `${await saved()}` === 'Gamma,Alpha,Beta')
  })

  test('A song leaves the setlist and stays in the library, and Ctrl+Z brings it back to its place', async () => {
    await choose('Alpha', 'Remove from setlist')
    await shows('Gamma', 'Beta')
    await page.keyboard.press('Control+z')
    await shows('Gamma', 'Alpha', 'Beta')
  })

  test('A file that is added while a setlist is open joins it', async () => {
    await page.locator('input[type=file]').setInputFiles(await stage.file('New - Delta.wav', wavOf(makeSong(1))))
    await shows('Gamma', 'Alpha', 'Beta', 'Delta')
  })

  test('The library with a setlist has no accessibility violations, its dialogs included', async () => {
    assert.deepEqual(await axeViolations(page), [])
    await page.getByRole('button', { name: 'New setlist' }).click()
    assert.deepEqual(await axeViolations(page), [])
    await page.keyboard.press('Escape')
    await choose('Delta', 'Add to setlist…')
    assert.deepEqual(await axeViolations(page), [])
    await page.keyboard.press('Escape')
  })

  test('A setlist is renamed, deleted and restored', async () => {
    await page.getByRole('button', { name: 'More for the setlist Friday ♪' }).click()
    await item('Rename').click()
    await page.keyboard.type('Saturday')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'More for the setlist Saturday' }).click()
    await item('Delete setlist').click()
    await shows('Delta', 'Gamma', 'Beta', 'Alpha')
    await page.getByText('Deleted Saturday.').waitFor()
    await page.getByRole('button', { name: 'Undo', exact: true }).click()
    await switcher().selectOption('Saturday (4)')
    await shows('Gamma', 'Alpha', 'Beta', 'Delta')
  })

  test('The console shows no errors', () => assert.deepEqual(complaints, []))
})
