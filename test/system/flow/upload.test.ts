import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Page, Response, Route } from 'playwright-core'
import { openEncoder } from '../../../src/audio/media.ts'
import { PIXEL } from '../../support/pixel.ts'
import { makeSong } from '../../support/songs.ts'
import { type Stage, setStage } from '../../support/stage.ts'
import { until } from '../../support/wait.ts'

const SCRIPT = '<img src=x onerror="document.title=1">'

describe('What the page in Chromium shows of an upload', () => {
  let stage: Stage
  let page: Page
  let complaints: string[]
  let flac: string
  let mp3: string
  /** Uploads that the test holds back. */
  let held: Route[]

  before(async () => {
    stage = await setStage(1)
    flac = await tagged('flac')
    mp3 = await tagged('mp3')
    ;({ page, complaints } = await stage.newPage())
    held = []
    await page.route('**/music?*', (route) => void held.push(route))
    await page.goto(stage.system.url)
  })
  after(async () => {
    await stage.clear()
  })

  async function tagged(format: 'flac' | 'mp3'): Promise<string> {
    const path = await stage.file(`track-01.${format}`, '')
    const picture = { mime: 'image/png', bytes: PIXEL } as const
    const encoder = openEncoder({ path, format, tags: { title: 'Été', artist: 'Zoë', album: '' }, picture })
    await encoder.write(Buffer.from(makeSong(65).buffer))
    await encoder.finish()
    return path
  }

  const drop = (path: string) => page.locator('input[type=file]').setInputFiles(path)
  const row = () => page.locator('.uploads li')

  test('The page loads below 150 kB, without the code that reads tags', async () => {
    const { page: fresh } = await stage.newPage()
    const answers: Response[] = []
    fresh.on('response', (answer) => answers.push(answer))
    await fresh.goto(stage.system.url)
    await fresh.getByRole('region', { name: 'Add songs' }).waitFor()
    const files = answers.filter((answer) => new URL(answer.url()).pathname.match(/^\/($|assets\/)/))
    const sizes = await Promise.all(files.map(async (file) => gzipSync(await file.body()).length))
    const bytes = sizes.reduce((sum, size) => sum + size, 0)
    assert.ok(bytes > 20_000 && bytes < 150_000, `${bytes} bytes, compressed`)
    for (const later of ['file-tags', 'worklet', 'demo-song'])
      assert.ok(!files.some((file) => file.url().includes(later)), later)
    await fresh.close()
  })

  test('The page shows title, artist, length and cover of a file before it is uploaded', async () => {
    for (const path of [flac, mp3]) {
      await drop(path)
      await row().getByText('Été').waitFor()
      await row().getByText('Zoë · 1:05').waitFor()
      const width = 'document.querySelector(".uploads img")?.naturalWidth'
      await until('the cover is drawn', async () => (await page.evaluate(width)) === 1)
      await page.getByRole('progressbar', { name: /^Upload of track-01/ }).waitFor()
      await row().getByRole('button', { name: 'Cancel' }).click()
      await row().waitFor({ state: 'detached' })
    }
  })

  test('What the server reads from a file replaces what the page read', async () => {
    await drop(flac)
    await row().getByText('Été').waitFor()
    await held.at(-1)?.continue()
    await page.getByRole('listitem', { name: 'Été' }).getByText('1:05').waitFor()
    await page.getByRole('listitem', { name: 'Été' }).getByText('Zoë').waitFor()
    await row().waitFor({ state: 'detached' })
  })

  test('The page shows the name of a file without tags', async () => {
    await drop(await stage.file('Nothing.mp3', Buffer.alloc(100_000)))
    await row().getByText('Nothing.mp3').waitFor()
    const worker = page.workers().find((each) => each.url().includes('file-tags'))
    await (worker ?? (await page.waitForEvent('worker'))).waitForEvent('close')
    await row().getByText('Nothing.mp3').waitFor()
    await row().getByRole('button', { name: 'Cancel' }).click()
  })

  test('The page shows tags as text, and only images as covers', async () => {
    const bytes = await readFile(mp3)
    const frames = [
      frame('TIT2', Buffer.from(`\u0003${SCRIPT}${'long '.repeat(1_000)}\u0007`)),
      frame('APIC', Buffer.from('\0image/svg+xml\0\u0003\0<svg xmlns="http://www.w3.org/2000/svg"/>')),
    ]
    await drop(await stage.file('hostile.mp3', Buffer.concat([id3(frames), bytes.subarray(10 + synchsafe(bytes, 6))])))
    const title = row().getByText(SCRIPT)
    await title.waitFor()
    assert.equal((await title.textContent())?.length, 300)
    assert.equal(await row().locator('img').count(), 0)
    const [width, title_] = await page.evaluate<[number, string]>(
      '[document.documentElement.scrollWidth, document.title]',
    )
    assert.ok(width <= 1280, `nothing sticks out (${width})`)
    assert.notEqual(title_, '1')
    await row().getByRole('button', { name: 'Cancel' }).click()
  })

  test('The console shows no errors after uploads', () => assert.deepEqual(complaints, []))
})

// ID3v2.4 (id3.org/id3v2.4.0-structure): sizes have seven bits a byte.

function id3(frames: readonly Buffer[]): Buffer {
  const body = Buffer.concat(frames)
  return Buffer.concat([Buffer.from('ID3\u0004\0\0'), sizeOf(body), body])
}

function frame(id: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(id), sizeOf(body), Buffer.alloc(2), body])
}

function sizeOf({ length }: Buffer): Buffer {
  return Buffer.from([21, 14, 7, 0].map((shift) => (length >> shift) & 0x7f))
}

function synchsafe(bytes: Buffer, at: number): number {
  return bytes.subarray(at, at + 4).reduce((sum, byte) => (sum << 7) | byte, 0)
}
