import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { makeSong, wavOf } from '../../support/songs.ts'
import { type Stage, setStage } from '../../support/stage.ts'
import { client } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const SECONDS = 24
const RATE = 44_100
const SHORTEST_VIEW = Math.round(0.05 * RATE)

describe('The waveforms in Chromium', () => {
  let stage: Stage
  let page: Page
  let complaints: string[]
  let api: ReturnType<typeof client>
  let musicId: number

  before(async () => {
    stage = await setStage(2)
    api = client(stage.system.url)
    musicId = (await api.upload(wavOf(makeSong(SECONDS)), 'Clicks.wav')).music_id
    await api.keep(musicId, ['drums', 'bass', 'other'])
    await api.ready(musicId)
    ;({ page, complaints } = await stage.newPage({ colorScheme: 'light' }))
    await page.goto(`${stage.system.url}/?song=${musicId}`)
    await until('all is drawn', async () => (await heights('drums')).some((height) => height > 4))
  })
  after(async () => {
    await stage.clear()
  })

  const player = () => page.getByRole('region', { name: 'Player' })
  const lane = (name: string) => page.locator(`.lane[aria-label="${name}"]`)
  const place = async () => Number(await page.getByLabel('Place in Clicks').inputValue())
  const seek = (seconds: number) => page.getByLabel('Place in Clicks').fill(String(seconds))

  /** How many pixels of each column of a lane's waveform are drawn. */
  const heights = (name: string) => columns<number>(name, 'ys.length')

  /** A value for each column, computed from `ys`, the rows in which it is drawn. */
  async function columns<T>(name: string, value: string): Promise<T[]> {
    return page.evaluate(`(() => {
      const canvas = document.querySelector('.lane[aria-label="${name}"] canvas')
      const { width, height } = canvas ?? {}
      if (!width) return []
      const { data } = canvas.getContext('2d').getImageData(0, 0, width, height)
      return Array.from({ length: width }, (_, x) => {
        const ys = Array.from({ length: height }, (_, y) => y).filter((y) => data[4 * (y * width + x) + 3] > 100)
        return ${value}
      })
    })()`)
  }

  test('The ruler stands above them, as wide as they are, and a press on it seeks', async () => {
    const [ruler, wave] = [
      await page.locator('.ruler-scale').boundingBox(),
      await lane('drums').locator('.waveform').boundingBox(),
    ]
    assert.ok(ruler && wave)
    assert.ok(Math.abs(ruler.x - wave.x) < 1 && Math.abs(ruler.width - wave.width) < 1, JSON.stringify({ ruler, wave }))
    await page.mouse.click(ruler.x + ruler.width / 4, ruler.y + 10)
    await until('the playhead is there', async () => Math.abs((await place()) - SECONDS / 4) < 0.15)
    assert.equal(await page.getByRole('slider', { name: 'Ruler of Clicks' }).getAttribute('aria-valuetext'), '0:06')
  })

  test('A muted stem fades at once, without being drawn again', async () => {
    const opacity = () =>
      page.evaluate(`getComputedStyle(document.querySelector('.lane[aria-label="bass"] canvas')).opacity`)
    assert.equal(await opacity(), '1')
    await page.getByRole('button', { name: 'Mute bass' }).click()
    await until('it fades', async () => (await opacity()) === '0.3')
    await page.getByRole('button', { name: 'Mute bass' }).click()
    await until('it is back', async () => (await opacity()) === '1')
  })

  test('They are drawn in the colours of the other theme as soon as it changes', async () => {
    const color = () =>
      page.evaluate<string>(`(() => {
        const canvas = document.querySelector('.lane[aria-label="bass"] canvas')
        const { data } = canvas.getContext('2d').getImageData(canvas.width / 2, canvas.height / 2, 1, 1)
        return [...data.slice(0, 3)].join()
      })()`)
    const light = await color()
    await page.emulateMedia({ colorScheme: 'dark' })
    await until('it is redrawn', async () => (await color()) !== light)
    await page.emulateMedia({ colorScheme: 'light' })
    await until('it is as before', async () => (await color()) === light)
  })

  test('Zoomed in to 0.05 s, a sample is drawn at its own place, to the column', async () => {
    await seek(12)
    await until('the playhead is there', async () => (await place()) === 12)
    for (let i = 0; i < 12; i++) await page.keyboard.press('+')
    const { instruments } = await api.progress(musicId)
    const drums = await api.sound(instruments.find(({ name }) => name === 'drums')?.track ?? '')
    const length = drums.length / 4
    // The playhead stays at its share of the view.
    const start = 12 * RATE - (12 * RATE * SHORTEST_VIEW) / length
    const samples = Array.from({ length: SHORTEST_VIEW }, (_, i) => {
      const at = 4 * (Math.ceil(start) + i)
      return Math.max(drums.readInt16LE(at), drums.readInt16LE(at + 2))
    })
    const loudest = samples.indexOf(Math.max(...samples)) + Math.ceil(start) - start
    await until('its samples are drawn', async () => {
      const tops = await columns<number>('drums', 'ys[0] ?? height')
      const highest = Math.min(...tops)
      const drawnAt = tops.flatMap((top, x) => (top === highest ? [x] : []))
      const expected = (loudest * tops.length) / SHORTEST_VIEW
      // Until the samples come, a peak is drawn, which is much wider.
      return drawnAt.length <= 6 && drawnAt.some((x) => Math.abs(x + 0.5 - expected) <= 1.5)
    })
    await page.keyboard.press('0')
    await page.getByRole('button', { name: 'Zoom out of Clicks' }).and(page.locator(':disabled')).waitFor()
  })

  test('Playing draws no waveform again, and many turns of the wheel draw each once a frame', async () => {
    await page.evaluate(`(() => {
      window.drawn = 0
      const { clearRect } = CanvasRenderingContext2D.prototype
      CanvasRenderingContext2D.prototype.clearRect = function (...box) {
        window.drawn++
        clearRect.apply(this, box)
      }
    })()`)
    await until('the peaks of the whole song have come', async () => {
      await page.evaluate('window.drawn = 0')
      await page.waitForTimeout(600)
      return (await page.evaluate('window.drawn')) === 0
    })
    await player().getByRole('button', { name: 'Play Clicks' }).click()
    const from = await place()
    await until('it has played', async () => (await place()) > from + 1)
    await player().getByRole('button', { name: 'Pause Clicks' }).click()
    assert.equal(await page.evaluate('window.drawn'), 0)
    const drawn = await page.evaluate<number>(`new Promise((resolve) => {
      window.drawn = 0
      const { left, top } = document.querySelector('.waveform').getBoundingClientRect()
      for (let i = 0; i < 50; i++) {
        const turn = { ctrlKey: true, deltaY: -5, clientX: left + 50, clientY: top + 5, bubbles: true, cancelable: true }
        document.querySelector('.waveform').dispatchEvent(new WheelEvent('wheel', turn))
      }
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(window.drawn)))
    })`)
    assert.ok(drawn >= 5 && drawn <= 10, `${drawn} drawings of four waveforms and a ruler in two frames`)
    await page.keyboard.press('0')
  })

  test('A marker is set by a key, dragged on the ruler, renamed and removed', async () => {
    await seek(6)
    await page.locator('h1').click()
    await page.keyboard.press('m')
    const flag = page.getByRole('button', { name: /^Marker Mark 1, 0:06/ })
    await flag.waitFor()
    const [box, ruler] = [await flag.boundingBox(), await page.locator('.ruler-scale').boundingBox()]
    assert.ok(box && ruler)
    assert.ok(Math.abs(box.x - ruler.x - ruler.width / 4) < 2, `${box.x}`)
    await page.mouse.move(box.x + 3, box.y + 5)
    await page.mouse.down()
    await page.mouse.move(box.x + 30, box.y + 5)
    await page.mouse.move(ruler.x + ruler.width / 2 + 1, box.y + 5)
    await page.mouse.up()
    await page.getByRole('button', { name: /^Marker Mark 1, 0:12/ }).click()
    await until('the playhead is there', async () => Math.abs((await place()) - 12) < 0.15)
    await page.getByLabel('Name of the marker').fill('Chorus')
    await page.getByRole('button', { name: 'Rename', exact: true }).click()
    await page.getByRole('button', { name: /^Marker Chorus/ }).press('Delete')
    await until('it is gone', async () => (await page.locator('.marker-flag').count()) === 0)
  })

  test('What is drawn of a song that is being separated agrees with its progress within a second', async () => {
    const { music_id } = await api.upload(wavOf(makeSong(60, 2)), 'Long.wav')
    await page.goto(`${stage.system.url}/?song=${music_id}`)
    await api.keep(music_id, ['drums', 'bass', 'other'])
    const done = async () => {
      const { chunks } = await api.progress(music_id)
      return { share: (chunks?.done ?? 0) / (chunks?.total || 1), block: 1 / (chunks?.total || 1) }
    }
    const shown = async () => {
      const all = await heights('bass')
      return all.filter((height) => height > 3).length / (all.length || 1)
    }
    let compared = 0
    for (let before = await done(); before.share < 1; before = await done()) {
      await page.waitForTimeout(1_000)
      const [drawn, now] = [await shown(), await done()]
      // Some columns of any music are as flat as the dotted line.
      assert.ok(drawn > 0.85 * before.share - 0.02, `${drawn} is drawn, ${before.share} was done a second before`)
      // A block can be played a moment before it counts.
      assert.ok(drawn < now.share + now.block + 0.02, `${drawn} is drawn, ${now.share} is done`)
      if (before.share > 0) compared++
    }
    assert.ok(compared > 0, 'it was seen while it grew')
  })

  test('The console shows no errors', () => assert.deepEqual(complaints, []))
})
