import { mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { openBrowser } from '../test/support/browser.ts'
import { makeLongSong } from '../test/support/real-songs.ts'
import { client, startSystem } from '../test/support/system.ts'
import { IS_HEARD, insertTape, playTape } from '../test/support/tape.ts'
import { until } from '../test/support/wait.ts'

/*
 * Prints two waiting times of a listener, in a real Chromium with a real server and two workers: from the drop of an mp3 to
 * its first sound, and from a seek into a part that is not separated yet to the sound there. Also prints the frames a second
 * that the page draws meanwhile. Each time is the median of the runs, with the least and the most. No figure fails the run.
 *
 *     npm run bench:page [-- RUNS [MINUTES,…]]
 */
const RUNS = Number(process.argv[2] ?? 5)
const MINUTES = (process.argv[3] ?? '1,5,60').split(',').map(Number)
const MAX_WAIT_MS = 120_000
/** A person needs a moment before dropping a song. In that time the server starts its media processes. */
const BEFORE_DROP_MS = 2_000
const FRAMES_MS = 2_000
/** For this long after a seek, sound from before the seek may still be heard. */
const STILL_HEARD_MS = 150

const folder = await mkdtemp(join(tmpdir(), 'minus-one-bench-page-'))
const browser = await openBrowser()
try {
  for (const minutes of MINUTES) {
    const song = join(folder, `${minutes}.mp3`)
    await makeLongSong(song, 60 * minutes)
    const firsts: number[] = []
    const jumps: number[] = []
    const frames: number[] = []
    for (let run = 0; run < RUNS; run++) {
      // Each run has a new server: only its workers are warm, and no work of the last song is left.
      const system = await startSystem({ WORKERS_HEALTHY: '2' })
      try {
        const page = await open(browser, system.url)
        firsts.push(await secondsToSound(page, () => page.locator('input[type=file]').setInputFiles(song)))
        jumps.push(await jump(page, minutes))
        frames.push(await framesPerSecond(page))
        await page.close()
      } finally {
        await system.remove()
      }
    }
    const load = (loadavg()[0] ?? 0).toFixed(2)
    console.log(`${minutes} min (load ${load}): first sound ${told(firsts)}, after a jump to 2/3 ${told(jumps)}`)
    console.log(`  ${Math.round(median(frames))} frames a second while it plays and is separated`)
  }
} finally {
  await browser.close()
  await rm(folder, { recursive: true, force: true })
}

async function open(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, bypassCSP: true })
  await insertTape(page)
  await page.goto(url)
  await until('both workers are there', async () => (await client(url).workers()).length === 2)
  await page.waitForTimeout(BEFORE_DROP_MS)
  return page
}

/** Seeks right after the first sound, when little more than the played part has been separated. */
async function jump(page: Page, minutes: number): Promise<number> {
  const place = page.getByLabel(/^Place in/)
  return secondsToSound(page, async () => {
    await place.fill(String(minutes * 40))
    await page.waitForTimeout(STILL_HEARD_MS)
    await playTape(page)
  })
}

async function framesPerSecond(page: Page): Promise<number> {
  const count = `new Promise((done) => {
    let frames = 0
    const end = performance.now() + ${FRAMES_MS}
    const next = () => (performance.now() < end ? (frames++, requestAnimationFrame(next)) : done(frames))
    next()
  })`
  return ((await page.evaluate<number>(count)) * 1_000) / FRAMES_MS
}

async function secondsToSound(page: Page, act: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await act()
  await page.waitForFunction(IS_HEARD, undefined, { polling: 20, timeout: MAX_WAIT_MS })
  return (performance.now() - startedAt) / 1000
}

function told(seconds: readonly number[]): string {
  const [least, middle, most] = [Math.min(...seconds), median(seconds), Math.max(...seconds)].map((value) =>
    value.toFixed(2),
  )
  return `${middle} s (${least} to ${most})`
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
}
