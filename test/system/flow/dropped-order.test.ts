import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { Music } from '../../../src/listen/schemas.ts'
import { forgive } from '../../support/browser.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { type Stage, setStage } from '../../support/stage.ts'
import { client } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

/** The length of each file in seconds, from 15 MB to 0.2 MB. The first ends last if two are sent at a time. */
const LENGTHS = { One: 90, Two: 1, Three: 30, Four: 1, Five: 2 }
const DROPPED = Object.keys(LENGTHS)

describe('Files that are dropped together on the page in Chromium', () => {
  let stage: Stage
  let page: Page
  let complaints: string[]
  let paths: string[]

  before(async () => {
    stage = await setStage(0)
    paths = []
    for (const [name, seconds] of Object.entries(LENGTHS)) {
      paths.push(await stage.file(`${name}.wav`, wavOf(makeSong(seconds))))
    }
    ;({ page, complaints } = await stage.newPage())
    await page.goto(stage.system.url)
    await page.getByText('What do you play?').waitFor()
  })
  after(async () => {
    await stage.clear()
  })

  const listed = async (on = page) => {
    const rows = await on
      .locator('.song-row')
      .evaluateAll((all) =>
        all.map((row) => [Number(row.getAttribute('aria-posinset')), row.getAttribute('aria-label')]),
      )
    return rows.sort(([a], [b]) => Number(a) - Number(b)).map(([, title]) => title)
  }
  const library = async () => (await client(stage.system.url).json<Music[]>('/music')).map(({ name }) => name)
  const clear = async () => {
    await client(stage.system.url).json('/reset', { method: 'POST' })
    await until('no song is listed', async () => (await listed()).length === 0)
  }

  test('become songs in the order in which they were dropped, the last one on top, however large each is', async () => {
    const ended: string[] = []
    page.on('response', (response) => {
      const name = new URL(response.url()).searchParams.get('filename')
      if (name) ended.push(name.replace('.wav', ''))
    })
    // The first file arrives late, so that all others are songs before it.
    await page.route(/filename=One/, async (route) => {
      await until('all others are songs', async () => (await library()).length === DROPPED.length - 1)
      await route.continue()
    })
    await page.locator('input[type=file]').first().setInputFiles(paths)
    await until('all are listed', async () => (await listed()).length === DROPPED.length)
    await until('all have been sent', () => ended.length === DROPPED.length)
    assert.equal(ended.at(-1), 'One')
    // The page that has been open all the while, the answer of the server, and a page that is opened now agree.
    assert.deepEqual(await listed(), DROPPED.toReversed())
    assert.deepEqual(await library(), DROPPED)
    const { page: later } = await stage.newPage()
    await later.goto(stage.system.url)
    await until('the later page lists them', async () => (await listed(later)).length === DROPPED.length)
    assert.deepEqual(await listed(later), DROPPED.toReversed())
    await later.close()
    await page.unroute(/filename=One/)
    await clear()
  })

  test('keep their place when one of them fails and is sent again', async () => {
    let isRefused = true
    await page.route(/filename=Two/, (route) => (isRefused ? route.abort() : route.continue()))
    await page.locator('input[type=file]').first().setInputFiles(paths)
    await page.locator('.uploads').getByText('Two.wav').waitFor()
    await until('the others are listed', async () => (await listed()).length === DROPPED.length - 1)
    isRefused = false
    await page.getByRole('button', { name: /again/ }).click()
    await until('all are listed', async () => (await listed()).length === DROPPED.length)
    assert.deepEqual(await listed(), DROPPED.toReversed())
    forgive(complaints, /ERR_FAILED/)
    assert.deepEqual(complaints, [])
  })
})
