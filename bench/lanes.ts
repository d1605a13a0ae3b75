import { mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { openBrowser } from '../test/support/browser.ts'
import { gainGraph, writeModel } from '../test/support/onnx.ts'
import { songPage } from '../test/support/song-page.ts'
import { makeSong, wavOf } from '../test/support/songs.ts'
import { client, type System, startSystem } from '../test/support/system.ts'
import { until } from '../test/support/wait.ts'

/*
 * Prints how many frames a second the page draws, and its longest frame, while a song of four and then of six stems plays:
 * first with whole waveforms, then zoomed, with a loop and in another key. The networks are tiny, so the figures are the
 * page's. No figure fails the run.
 *
 *     npm run bench:lanes
 */
const STEMS = ['vocals', 'drums', 'bass', 'guitar', 'piano', 'other']
const SECONDS = 180
const SAMPLES = 343_980
const COUNT_MS = 5_000

const folder = await mkdtemp(join(tmpdir(), 'minus-one-bench-lanes-'))
const browser = await openBrowser()
let system: System | null = null
try {
  for (const lanes of [4, 6]) await offerModel(lanes)
  system = await startSystem({ WORKERS_HEALTHY: '2', MODELS_DIR: folder })
  for (const lanes of [4, 6]) await measure(browser, system.url, lanes)
} finally {
  await browser.close()
  await system?.remove()
  await rm(folder, { recursive: true, force: true })
}

async function offerModel(lanes: number): Promise<void> {
  const stems = [...STEMS.slice(0, lanes - 1), 'other']
  const gains = stems.map(() => 1 / lanes)
  const graph = gainGraph(gains, SAMPLES)
  await writeModel(folder, { name: `lanes-${lanes}`, gains, samples: SAMPLES, graph, stems, rows: stems })
}

async function measure(chromium: Browser, url: string, lanes: number): Promise<void> {
  const api = client(url)
  const { music_id } = await api.upload(wavOf(makeSong(SECONDS)), 'Lanes.wav', { model: `lanes-${lanes}` })
  await api.keep(music_id, ['instrumental'])
  await api.ready(music_id)
  const page = await chromium.newPage({ viewport: { width: 1280, height: 800 } })
  await page.goto(url)
  const { play, placeOf, player } = songPage(page)
  await play('Lanes').click()
  const place = () => placeOf('Lanes')
  await until('it plays', async () => (await place()) > 1)
  const told = [`whole ${await frames()}`]
  for (let i = 0; i < 3; i++) await page.keyboard.press('+')
  await page.keyboard.press('[')
  for (let i = 0; i < 2; i++) await player.getByRole('button', { name: 'Key up' }).click()
  await until('it plays on', async () => (await place()) > 2)
  told.push(`zoomed, with a loop, two semitones up ${await frames()}`)
  console.log(`${lanes} lanes (load ${(loadavg()[0] ?? 0).toFixed(2)}): ${told.join('; ')}`)
  await page.close()

  async function frames(): Promise<string> {
    const { count, longest } = await page.evaluate<{ count: number; longest: number }>(`new Promise((done) => {
      let [count, longest, last] = [0, 0, performance.now()]
      const end = last + ${COUNT_MS}
      const next = (now) => {
        longest = Math.max(longest, now - last)
        last = now
        if (now < end) (count++, requestAnimationFrame(next))
        else done({ count, longest })
      }
      requestAnimationFrame(next)
    })`)
    return `${Math.round((1_000 * count) / COUNT_MS)} frames a second, the longest ${Math.round(longest)} ms`
  }
}
