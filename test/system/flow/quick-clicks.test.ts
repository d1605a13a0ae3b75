import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { songPage } from '../../support/song-page.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { type Stage, setStage } from '../../support/stage.ts'
import { client } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

describe('two quick clicks on the page, in a real Chromium', () => {
  let stage: Stage
  let page: Page
  let complaints: string[]
  let slowId: number

  before(async () => {
    stage = await setStage(1)
    const api = client(stage.system.url)
    const sound = wavOf(makeSong(8))
    const ids: number[] = []
    for (const name of ['Slow', 'Quick']) {
      const { music_id } = await api.upload(sound, `${name}.wav`)
      await api.keep(music_id, ['drums', 'bass', 'other'])
      await api.ready(music_id)
      ids.push(music_id)
    }
    slowId = ids[0] ?? 0
    ;({ page, complaints } = await stage.newPage())
  })
  after(async () => {
    await stage.clear()
  })

  test('the song that was clicked last plays, even if the server answers the first click later', async () => {
    const answerSlowly = Promise.withResolvers<void>()
    const isAsked = Promise.withResolvers<void>()
    await page.route(`**/music/${slowId}/segments`, async (route) => {
      isAsked.resolve()
      await answerSlowly.promise
      await route.continue()
    })
    await page.goto(stage.system.url)
    const shown = songPage(page)
    await shown.row('Slow').getByRole('button', { name: 'Play Slow' }).click()
    await isAsked.promise
    await shown.row('Quick').getByRole('button', { name: 'Play Quick' }).click()
    await shown.pause('Quick').waitFor()
    const answer = page.waitForResponse(`**/music/${slowId}/segments`)
    answerSlowly.resolve()
    await (await answer).finished()
    await until('it plays on', async () => (await shown.placeOf('Quick')) > 1)
    await shown.pause('Quick').waitFor()
    assert.equal(await page.getByRole('group', { name: 'Loop in Slow' }).count(), 0, 'the other song is not opened')
    assert.deepEqual(complaints, [])
  })
})
