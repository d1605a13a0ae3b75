import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { songPage } from '../../support/song-page.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { type Stage, setStage } from '../../support/stage.ts'
import { client } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const SECONDS = 24

for (const output of ['AudioWorklet', 'scheduled buffers, as over plain http']) {
  describe(`Loops in Chromium while a song plays through ${output}`, () => {
    let stage: Stage
    let page: Page
    let complaints: string[]

    before(async () => {
      stage = await setStage(2)
      const api = client(stage.system.url)
      const { music_id } = await api.upload(wavOf(makeSong(SECONDS)), 'Clicks.wav')
      await api.keep(music_id, ['drums', 'bass', 'other'])
      await api.ready(music_id)
      ;({ page, complaints } = await stage.newPage())
      if (output !== 'AudioWorklet') {
        await page.addInitScript(
          "Object.defineProperty(BaseAudioContext.prototype, 'audioWorklet', { get: () => undefined })",
        )
      }
      await page.goto(stage.system.url)
    })
    after(async () => {
      await stage.clear()
    })

    const card = () => songPage(page).song('Clicks')
    const button = (name: string) => songPage(page).player.getByRole('button', { name, exact: true })
    const place = () => songPage(page).placeOf('Clicks')
    const seek = (seconds: number) => songPage(page).seek('Clicks', seconds)

    /** The places during some seconds, 20 a second. */
    async function placesFor(seconds: number): Promise<number[]> {
      const places: number[] = []
      for (const end = performance.now() + 1_000 * seconds; performance.now() < end; ) {
        places.push(await place())
        await page.waitForTimeout(50)
      }
      return places
    }

    function assertIsRepeated(places: readonly number[], start: number, end: number): void {
      const [least, most] = [Math.min(...places), Math.max(...places)]
      assert.ok(least >= start - 0.15 && most <= end + 0.15, `from ${least} to ${most}, not ${start} to ${end}`)
      const turns = places.filter((each, i) => each < (places[i - 1] ?? 0) - 0.3).length
      assert.ok(turns >= 1, `it is repeated: ${places}`)
    }

    test('Two keys pressed while the song plays make a loop, which plays from then on', async () => {
      await button('Play Clicks').click()
      await until('it plays', async () => (await place()) > 0.5)
      await page.keyboard.press('[')
      const start = await place()
      await page.waitForTimeout(2_000)
      await page.keyboard.press(']')
      const end = await place()
      await until('it is at its start', async () => (await place()) < start + 0.7)
      assertIsRepeated(await placesFor(3), start, Math.max(end, start + 2))
      await button('Remove the loop').click()
    })

    test('A loop dragged behind the playhead takes it back', async () => {
      await seek(15)
      await until('it plays there', async () => (await place()) > 15.2)
      const { x = 0, y = 0, width = 0 } = (await card().locator('.waveform').first().boundingBox()) ?? {}
      const at = (seconds: number) => x + (width * seconds) / SECONDS
      await page.mouse.move(at(4), y + 10)
      await page.mouse.down()
      await page.mouse.move(at(5), y + 10)
      await page.mouse.move(at(5.5), y + 10)
      await page.mouse.up()
      await until('it is in the loop', async () => (await place()) < 6)
      assertIsRepeated(await placesFor(3), 4, 5.5)
    })

    test('A press behind the loop plays on from there, and a fader does not change that', async () => {
      await seek(10)
      await until('it plays there', async () => (await place()) > 10.3)
      await card().getByLabel('Loudness of bass').fill('-6')
      assert.ok((await placesFor(1)).every((each) => each > 10))
      await seek(4.2)
      await until('it plays in the loop', async () => (await place()) < 6)
      for (let db = -6; db < 0; db++) {
        await card().getByLabel('Loudness of bass').fill(String(db))
        assert.ok(
          (await placesFor(0.4)).every((each) => each < 5.7),
          'moved faders do not lead out of the loop',
        )
      }
      await button('Pause Clicks').click()
    })

    test('The console shows no errors after looping', () => assert.deepEqual(complaints, []))
  })
}
