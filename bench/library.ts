import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { openBrowser } from '../test/support/browser.ts'
import { fillLibrary } from '../test/support/library.ts'
import { startSystem } from '../test/support/system.ts'

/*
 * Prints how long a real Chromium takes to draw a library of 5,000 separated songs, to search in it after each letter and to
 * scroll through it, and how much memory the page's script uses. The songs are rows of a ledger without sound. No figure fails
 * the run.
 *
 *     npm run bench:library [-- SONGS]
 */
const SONGS = Number(process.argv[2] ?? 5_000)
const SEGMENTS = 24
const WORDS = ['Blue', 'Été', 'Night', 'River', 'Zoë', 'Ärger', 'Song', 'Love', 'Minor', 'Steps']
const SCROLLED_FRAMES = 200
const TWO_FRAMES = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))'

/** Scrolls in each frame. `next` gives the place, from the number `i` of the frame. Counts tasks that hold the page for longer than 50 ms. */
const scroll = (next: string) => `(async () => {
  const rows = document.querySelector('.song-rows')
  const frame = () => new Promise((done) => requestAnimationFrame(done))
  let longTasks = 0
  const observer = new PerformanceObserver((list) => (longTasks += list.getEntries().length))
  observer.observe({ type: 'longtask' })
  for (let i = 0; i < ${SCROLLED_FRAMES}; i++) {
    rows.scrollTop = ${next}
    await frame()
  }
  observer.disconnect()
  return longTasks
})()`

const INTERACTIONS = 30

const folder = await mkdtemp(join(tmpdir(), 'minus-one-bench-library-'))
const browser = await openBrowser()
try {
  await fillLibrary({ folder, songs: SONGS, segments: SEGMENTS, namesOf })
  const system = await startSystem({ DATA_DIR: folder, WORKERS_HEALTHY: '0' })
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    const openedAt = performance.now()
    await page.goto(system.url)
    await page.locator('.song-row').first().waitFor()
    console.log(`first songs: on the page after ${seconds(openedAt)}`)
    await page.getByPlaceholder(`Search ${SONGS} songs`).waitFor()
    console.log(`${SONGS} songs: on the page after ${seconds(openedAt)}`)
    await printScroll(page, { how: 'scrolling by 8,400 px/s', next: '140 * i' })
    await printScroll(page, { how: 'jumping in each frame', next: `56 * ((i * 7919) % ${SONGS})` })
    for (const letters of ['z', 'zo', 'zoe 7']) {
      const typedAt = performance.now()
      await page.getByRole('searchbox').fill(letters)
      await page.evaluate(TWO_FRAMES)
      console.log(`'${letters}' in the search: drawn after ${seconds(typedAt)}`)
    }
    await page.getByRole('searchbox').fill('')
    await printInteractions(page)
    const bytes = await page.evaluate<number>('performance.memory.usedJSHeapSize')
    console.log(`memory of the page's script: ${(bytes / 1e6).toFixed(0)} MB`)
  } finally {
    await system.remove()
  }
} finally {
  await browser.close()
  await rm(folder, { recursive: true, force: true })
}

/** Prints the time from a press on a song, or a key in the list, to the next paint (Event Timing; below 16 ms counts as 16). */
async function printInteractions(page: Page): Promise<void> {
  await page.evaluate(`{
    window.interactions = new Map()
    new PerformanceObserver((list) => {
      for (const { interactionId, duration } of list.getEntries())
        if (interactionId) interactions.set(interactionId, Math.max(interactions.get(interactionId) ?? 0, duration))
    }).observe({ type: 'event', durationThreshold: 16 })
  }`)
  for (let i = 0; i < INTERACTIONS; i++) {
    await page
      .locator('.row-show')
      .nth(i % 8)
      .click()
    await page.keyboard.press('ArrowDown')
    await page.evaluate(TWO_FRAMES)
  }
  const times = await page.evaluate<number[]>('[...interactions.values()].sort((a, b) => a - b)')
  const at = (share: number) => times[Math.floor(share * (times.length - 1))] ?? 16
  console.log(`interaction to next paint: ${at(0.5)} ms (median), ${at(0.95)} ms (p95) of ${2 * INTERACTIONS} presses`)
}

/** Prints the main thread's work of each frame while the list scrolls: script, style, layout and paint, as Chromium traces it. It is
 * processor time, so that other programs of the machine do not count. */
async function printScroll(page: Page, { how, next }: { how: string; next: string }): Promise<void> {
  await browser.startTracing(page, { categories: ['devtools.timeline', 'disabled-by-default-devtools.timeline'] })
  const longTasks = await page.evaluate<number>(scroll(next))
  const frames = workOfFrames(JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] })
  const at = (share: number) => (frames[Math.floor(share * (frames.length - 1))] ?? 0).toFixed(1)
  console.log(
    `${how}: ${frames.length} frames, work of a frame ${at(0.5)} ms (median), ${at(0.95)} ms (p95), ${at(1)} ms (most); ` +
      `${longTasks} tasks above 50 ms`,
  )
}

/** Times are in microseconds. */
type TraceEvent = { name: string; ts: number; tdur?: number; pid: number; tid: number }

/** The milliseconds of work between one frame's beginning and the next, ascending. */
function workOfFrames({ traceEvents }: { traceEvents: readonly TraceEvent[] }): number[] {
  const own = traceEvents.find(({ name }) => name === 'FireAnimationFrame')
  const tasks = traceEvents
    .filter(({ name, tid, pid }) => name === 'RunTask' && tid === own?.tid && pid === own.pid)
    .sort((a, b) => a.ts - b.ts)
  const starts = traceEvents.filter(({ name }) => name === 'FireAnimationFrame').map(({ ts }) => ts)
  const works = starts.slice(1).map((end, index) => {
    const start = starts[index] ?? 0
    return tasks.filter(({ ts }) => ts >= start && ts < end).reduce((sum, { tdur = 0 }) => sum + tdur, 0) / 1000
  })
  return works.sort((a, b) => a - b)
}

function namesOf(song: number): { title: string; band: string } {
  const word = (seed: number) => WORDS[(song * seed) % WORDS.length] ?? ''
  return { title: `${word(3)} ${word(7)} ${song}`, band: `The ${word(1)}` }
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(2)} s`
}
