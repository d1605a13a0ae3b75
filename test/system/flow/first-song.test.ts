import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { Music, Progress } from '../../../src/listen/schemas.ts'
import { axeViolations } from '../../support/axe.ts'
import { forgive } from '../../support/browser.ts'
import { type Stage, setStage } from '../../support/stage.ts'
import { client } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

describe('The page in Chromium without songs, and its first song', () => {
  let stage: Stage
  let api: ReturnType<typeof client>
  let page: Page
  let complaints: string[]

  before(async () => {
    stage = await setStage(1)
    api = client(stage.system.url)
    ;({ page, complaints } = await stage.newPage({ reducedMotion: 'reduce' }))
    await page.goto(stage.system.url)
    await page.getByText('Drop a song here').waitFor()
  })

  after(async () => {
    await stage.clear()
  })

  const addSongs = () => page.getByRole('region', { name: 'Add songs' })

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`The invitation has no accessibility violations in ${colorScheme} mode, wide and narrow`, async () => {
      await page.emulateMedia({ colorScheme })
      for (const viewport of [
        { width: 390, height: 844 },
        { width: 1280, height: 800 },
      ]) {
        await page.setViewportSize(viewport)
        const target = process.env['SCREENSHOTS']
        if (target) await page.screenshot({ path: join(target, `empty-${colorScheme}-${viewport.width}.png`) })
        assert.deepEqual(await axeViolations(page), [])
        const [content, view] = await page
          .locator('.library')
          .evaluate(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth])
        assert.equal(content, view, 'nothing sticks out')
      }
    })
  }

  test('The quality of the sound is an option with its cost in words, and nothing else speaks of models', async () => {
    assert.equal(await addSongs().getByText(/model/i).count(), 0)
    await addSongs().getByRole('button', { name: 'Upload options' }).click()
    const quality = page.getByLabel('Sound quality')
    await until('a worker is there', async () => {
      return /, about \d+ (s|min) a song/.test((await quality.locator('option:checked').textContent()) ?? '')
    })
    await addSongs().getByRole('button', { name: 'Upload options' }).click()
    assert.equal(await quality.count(), 0)
  })

  test('The demo song is made in the browser, plays, and is separated without the instrument that was chosen', async () => {
    await addSongs().getByRole('button', { name: 'Drums' }).click()
    await addSongs().getByRole('button', { name: 'or try the demo song' }).click()
    const row = page.getByRole('list', { name: 'Songs' }).getByRole('listitem', { name: 'Minus One' })
    await row.getByText('Demo').waitFor()
    await row.getByRole('button', { name: 'Pause Minus One' }).waitFor()
    const [music] = await api.json<Music[]>('/music')
    const stems = music?.tracks ?? []
    const { tracks } = await api.json<Progress>(`/music/${music?.music_id}`)
    assert.deepEqual(
      stems.filter(({ track_id }) => !tracks.includes(track_id)).map(({ name }) => name),
      ['drums'],
    )
    await api.ready(music?.music_id ?? 0)
  })

  test('With songs, adding others takes one line above the list, and the focus stays on the page when the last one is deleted', async () => {
    await page.getByText('Add songs', { exact: true }).waitFor()
    assert.equal(await page.getByText('Drop a song here').count(), 0)
    await page.locator('.uploads li').waitFor({ state: 'detached' })
    assert.ok(((await addSongs().boundingBox())?.height ?? 0) < 60)
    await page.locator('.row-show').focus()
    await page.keyboard.press('Delete')
    await page.getByText('Drop a song here').waitFor()
    assert.equal(await page.evaluate('document.activeElement.type'), 'file')
    await page.keyboard.press('Control+z')
    await page.getByRole('listitem', { name: 'Minus One' }).waitFor()
    // The player may just have asked for sound of the deleted song.
    forgive(complaints, /404/)
  })

  test('The console shows no errors', () => assert.deepEqual(complaints, []))
})
