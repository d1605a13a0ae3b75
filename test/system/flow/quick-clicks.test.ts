import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
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

  const button = (words: string) => page.getByRole('button', { name: words, exact: true })

  test('the song that was clicked last plays, even if the server answers the first click later', async () => {
    const answerSlowly = Promise.withResolvers<void>()
    const isAsked = Promise.withResolvers<void>()
    await page.route(`**/music/${slowId}/segments`, async (route) => {
      isAsked.resolve()
      await answerSlowly.promise
      await route.continue()
    })
    await page.goto(stage.system.url)
    await button('Play Slow').click()
    await isAsked.promise
    await button('Play Quick').click()
    await button('Pause Quick').waitFor()
    const answer = page.waitForResponse(`**/music/${slowId}/segments`)
    answerSlowly.resolve()
    await (await answer).finished()
    const place = async () => Number(await page.getByLabel('Place in Quick').inputValue())
    await until('it plays on', async () => (await place()) > 1)
    await button('Pause Quick').waitFor()
    assert.equal(await page.getByRole('group', { name: 'Loop in Slow' }).count(), 0, 'the other song is not opened')
    assert.deepEqual(complaints, [])
  })
})
