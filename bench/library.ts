import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBrowser } from '../test/support/browser.ts'
import { fillLibrary } from '../test/support/library.ts'
import { startSystem } from '../test/support/system.ts'

/*
 * Prints how long a real Chromium takes to draw a library of 3,000 separated songs and to search in it after each letter,
 * and how much memory the page's script uses. The songs are rows of a ledger without sound. No figure fails the run.
 *
 *     npm run bench:library [-- SONGS]
 */
const SONGS = Number(process.argv[2] ?? 3_000)
const SEGMENTS = 24
const WORDS = ['Blue', 'Été', 'Night', 'River', 'Zoë', 'Ärger', 'Song', 'Love', 'Minor', 'Steps']

const folder = await mkdtemp(join(tmpdir(), 'minus-one-bench-library-'))
const browser = await openBrowser()
try {
  await fillLibrary({ folder, songs: SONGS, segments: SEGMENTS, namesOf })
  const system = await startSystem({ DATA_DIR: folder, WORKERS_HEALTHY: '0' })
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    const openedAt = performance.now()
    await page.goto(system.url)
    await page.getByRole('article').first().waitFor()
    console.log(`first songs: on the page after ${seconds(openedAt)}`)
    await page.getByPlaceholder(`Search ${SONGS} songs`).waitFor()
    console.log(`${SONGS} songs: on the page after ${seconds(openedAt)}`)
    for (const letters of ['z', 'zo', 'zoe 7']) {
      const typedAt = performance.now()
      await page.getByRole('searchbox').fill(letters)
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
      console.log(`'${letters}' in the search: drawn after ${seconds(typedAt)}`)
    }
    const bytes = await page.evaluate<number>('performance.memory.usedJSHeapSize')
    console.log(`memory of the page's script: ${(bytes / 1e6).toFixed(0)} MB`)
  } finally {
    await system.remove()
  }
} finally {
  await browser.close()
  await rm(folder, { recursive: true, force: true })
}

function namesOf(song: number): { title: string; band: string } {
  const word = (seed: number) => WORDS[(song * seed) % WORDS.length] ?? ''
  return { title: `${word(3)} ${word(7)} ${song}`, band: `The ${word(1)}` }
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(2)} s`
}
