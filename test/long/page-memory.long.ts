import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openEncoder } from '../../src/audio/media.ts'
import { complaintsOf, openBrowser } from '../support/browser.ts'
import { writeModel } from '../support/onnx.ts'
import { memoryOf } from '../support/proc.ts'
import { songPage } from '../support/song-page.ts'
import { client, type System, startSystem } from '../support/system.ts'
import { until } from '../support/wait.ts'

const SAMPLE_RATE = 44_100
const CHANNELS = 2
const MINUTE_SECONDS = 60
/** About ten seconds. A block is three quarters of the input of such a model. */
const BLOCK_SAMPLES = 458_752
const GRAPH_SAMPLES = Math.floor((BLOCK_SAMPLES * 4) / 3)
const STEMS = ['vocals', 'other']
/** The block that sounds, forty seconds ahead and eight behind. */
const MAX_BLOCKS = 6
const BLOCK_MEBIBYTES = (BLOCK_SAMPLES * STEMS.length * 2 * 4) / 2 ** 20
/** Memory that is not collected yet: fewer blocks than three minutes have. */
const MARGIN_MEBIBYTES = 10 * BLOCK_MEBIBYTES
/** The song plays while it is being separated. */
const BLOCK_WITHIN_MS = 60_000

/** Counts the blocks that a page gives its audio thread: those there now, and all so far. */
const ACCOUNT = `{
  window.account = { held: new Map(), seen: new Set(), most: 0 }
  const post = MessagePort.prototype.postMessage
  MessagePort.prototype.postMessage = function (message, ...rest) {
    const { held, seen } = window.account
    if (message?.kind === 'load') {
      const { index, lanes } = message.block
      held.set(index, lanes.flat().reduce((sum, { byteLength }) => sum + byteLength, 0))
      seen.add(index)
      window.account.most = Math.max(window.account.most, held.size)
    } else if (message?.kind === 'drop') held.delete(message.index)
    else if (message?.kind === 'open') held.clear()
    return post.call(this, message, ...rest)
  }
}`

type Memory = { held: number; residentMebibytes: number; heapMebibytes: number }

describe('Memory of the page in Chromium', () => {
  let folder: string
  let system: System
  let browser: Browser

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-hour-page-'))
    const gains = STEMS.map(() => 1 / STEMS.length)
    await writeModel(folder, { gains, samples: GRAPH_SAMPLES, stems: STEMS, rows: STEMS })
    system = await startSystem({ WORKERS_HEALTHY: '2', MODELS_DIR: folder })
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    await system?.remove()
    await rm(folder, { recursive: true, force: true })
  })

  test('A page that plays an hour needs no more memory than for three minutes, at its end as at its beginning', async (context) => {
    const short = await playThrough('Three minutes', 3)
    const long = await playThrough('An hour', 60)
    const told = [...short, ...long].map(
      ({ held, residentMebibytes, heapMebibytes }) => `${held}/${residentMebibytes}/${heapMebibytes}`,
    )
    context.diagnostic(`blocks held/resident MiB/heap MiB, three minutes, then the hour's quarters: ${told.join(', ')}`)
    const most = Math.max(...short.map(({ residentMebibytes }) => residentMebibytes))
    for (const { held, residentMebibytes, heapMebibytes } of [...short, ...long]) {
      assert.ok(held <= MAX_BLOCKS, `${held} blocks are held`)
      assert.ok(residentMebibytes <= most + MARGIN_MEBIBYTES, `${residentMebibytes} MiB, and ${most} for three minutes`)
      assert.ok(heapMebibytes <= 40, `${heapMebibytes} MiB of heap`)
    }
  })

  /** Adds a song and plays a little of each block. Resolves to the memory after each quarter of the song. */
  async function playThrough(title: string, minutes: number): Promise<Memory[]> {
    const path = join(folder, `${title}.flac`)
    await makeFlac(path, minutes)
    const api = client(system.url)
    const { music_id, tracks } = await api.upload(await readFile(path), `${title}.flac`, { model: 'tiny' })
    await api.keep(
      music_id,
      tracks.map(({ track_id }) => track_id),
    )
    const page = await browser.newPage({ bypassCSP: true })
    const complaints = complaintsOf(page)
    await page.addInitScript(ACCOUNT)
    await page.goto(system.url)
    await songPage(page).play(title).click()
    const blocks = Math.ceil((minutes * MINUTE_SECONDS * SAMPLE_RATE) / BLOCK_SAMPLES)
    const quarters: Memory[] = []
    for (let index = 0; index < blocks; index++) {
      const seconds = (Math.ceil((10 * index * BLOCK_SAMPLES) / SAMPLE_RATE) / 10 + 0.2).toFixed(1)
      await songPage(page).place(title).fill(seconds)
      const isHeard = `window.account.held.has(${index}) &&
        document.querySelector('[aria-label="Place in ${title}"]').value > ${seconds}`
      await until(`block ${index} is heard`, () => page.evaluate<boolean>(isHeard), { timeoutMs: BLOCK_WITHIN_MS })
      if (Math.floor((4 * (index + 1)) / blocks) > Math.floor((4 * index) / blocks))
        quarters.push(await memoryOfPage(page))
    }
    const [seen, most] = await page.evaluate<[number, number]>('[window.account.seen.size, window.account.most]')
    assert.equal(seen, blocks, 'every block was decoded')
    assert.ok(most <= MAX_BLOCKS, `${most} blocks at once`)
    assert.deepEqual(complaints, [])
    await page.close()
    return quarters
  }

  /** The blocks held, the memory of the page's process and of its JavaScript, after a garbage collection. */
  async function memoryOfPage(page: Page): Promise<Memory> {
    const session = await page.context().newCDPSession(page)
    await session.send('HeapProfiler.collectGarbage')
    const { usedSize } = await session.send('Runtime.getHeapUsage')
    await session.detach()
    const whole = await browser.newBrowserCDPSession()
    const { processInfo } = await whole.send('SystemInfo.getProcessInfo')
    await whole.detach()
    const renderers = processInfo.filter(({ type }) => type === 'renderer')
    const sizes = renderers.map(({ id }) => Math.round((memoryOf(id, 'VmRSS') ?? 0) / 2 ** 20))
    return {
      held: await page.evaluate<number>('window.account.held.size'),
      residentMebibytes: Math.max(...sizes),
      heapMebibytes: Math.round(usedSize / 2 ** 20),
    }
  }
})

/**
 * Writes a click a second: as large as any song when decoded, and tiny before, because the
 * DevTools protocol keeps up to 100 MB of what a page fetches.
 */
async function makeFlac(path: string, minutes: number): Promise<void> {
  const second = new Int16Array(SAMPLE_RATE * CHANNELS)
  second.fill(8_000, 0, CHANNELS)
  const encoder = openEncoder({ path, format: 'flac', tags: { title: '', artist: '', album: '' }, picture: null })
  for (let i = 0; i < MINUTE_SECONDS * minutes; i++) await encoder.write(Buffer.from(second.buffer))
  await encoder.finish()
}
