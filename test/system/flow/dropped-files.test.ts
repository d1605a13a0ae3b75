import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { Page, Route } from 'playwright-core'
import { forgive } from '../../support/browser.ts'
import { type Stage, setStage } from '../../support/stage.ts'
import { until } from '../../support/wait.ts'

/** More files than a browser lists of a folder at once. */
const MANY = 130
/** Counts the listeners for aborts. */
const COUNT_LISTENERS = `
  window.abortListeners = 0
  for (const [name, by] of [['addEventListener', 1], ['removeEventListener', -1]]) {
    const own = EventTarget.prototype[name]
    AbortSignal.prototype[name] = function (...args) {
      window.abortListeners += by
      return own.apply(this, args)
    }
  }`

describe('Files and folders dropped on the page in Chromium', () => {
  let stage: Stage
  let folder: string
  let page: Page
  let complaints: string[]
  /** The names that were sent, and how uploads are answered. */
  let sent: string[]
  let answer: (route: Route) => Promise<void> | void

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-dropped-'))
    stage = await setStage(0)
    ;({ page, complaints } = await stage.newPage())
    await page.route('**/music?*', (route) => {
      sent.push(new URL(route.request().url()).searchParams.get('filename') ?? '')
      return answer(route)
    })
    await page.goto(stage.system.url)
    await page.getByText('Drop a song here').waitFor()
  })
  beforeEach(() => {
    sent = []
    answer = () => undefined
  })
  after(async () => {
    await stage.clear()
    await rm(folder, { recursive: true, force: true })
  })

  const rows = () => page.locator('.uploads li')
  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true })

  async function file(path: string, text = 'a song'): Promise<string> {
    const full = join(folder, path)
    await mkdir(dirname(full), { recursive: true })
    await writeFile(full, text)
    return full
  }

  /** Drops files as a file manager does, or a link as another page does. `beforeDrop` runs while they hang over the page. */
  async function drop(
    data: { files?: string[]; text?: string },
    on = '.drop',
    beforeDrop: () => Promise<unknown> = async () => undefined,
  ): Promise<void> {
    const { x, y, width, height } = (await page.locator(on).first().boundingBox()) ?? {
      x: 0,
      y: 0,
      width: 0,
      height: 0,
    }
    const session = await page.context().newCDPSession(page)
    const items = data.text ? [{ mimeType: 'text/uri-list', data: data.text }] : []
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      if (type === 'drop') await beforeDrop()
      await session.send('Input.dispatchDragEvent', {
        type,
        x: x + width / 2,
        y: y + height / 2,
        data: { items, files: data.files ?? [], dragOperationsMask: 1 },
      })
    }
    await session.detach()
  }

  async function told(words: RegExp): Promise<void> {
    await page.getByRole('alert').getByText(words).waitFor()
    await page.getByRole('alert').getByRole('button', { name: 'Dismiss' }).click()
  }

  test('Dropping a folder uploads its songs and those of its subfolders in the order of their names, and nothing else', async () => {
    const names = ['cover.jpg', 'list.m3u', 'notes.txt', 'program.ts', '.DS_Store', '._2 Two.mp3', '.hidden/song.mp3']
    for (const name of [...names, '10 Ten.MP3', '2 Two.mp3', 'Disc 2/1 Last.flac', 'Disc 1/1 First.wma']) {
      await file(`Album/${name}`)
    }
    const single = await file('Single.unknown')
    await drop({ files: [join(folder, 'Album'), single] })
    await rows().nth(4).waitFor()
    const order = ['2 Two.mp3', '10 Ten.MP3', '1 First.wma', '1 Last.flac', 'Single.unknown']
    assert.deepEqual(await rows().locator('bdi').allTextContents(), order)
    await button('Cancel all').click()
    await rows().first().waitFor({ state: 'detached' })
  })

  test('Many dropped files wait in a few rows, upload two at a time, and are cancelled all at once', async () => {
    for (let i = 0; i < MANY; i++) await file(`Many/${i}.mp3`)
    await drop({ files: [join(folder, 'Many')] })
    await page.getByText(`${MANY - 20} more: ${MANY - 20} wait`).waitFor()
    assert.equal(await rows().count(), 20)
    await until('two are sent', () => sent.length === 2)
    await button('Cancel all').click()
    await rows().first().waitFor({ state: 'detached' })
    await drop({ files: [await file('Next.mp3')] })
    await until('the next one is sent', () => sent.includes('Next.mp3'))
    assert.equal(sent.length, 3)
    await button('Cancel').click()
  })

  test('When most of many files are refused, uploads in progress are listed first and the others are counted', async () => {
    const GOOD = 2
    const BROKEN = 30
    answer = (route) => (/filename=Good/.test(route.request().url()) ? undefined : route.abort())
    for (let i = 0; i < BROKEN; i++) await file(`Broken/${i}.mp3`)
    for (let i = 0; i < 5; i++) await file(`Broken/Good ${i}.mp3`)
    await drop({ files: [join(folder, 'Broken')] })
    await button('Try all 30 again').waitFor()
    await until('the others are sent', () => sent.length === BROKEN + GOOD)
    await page.getByText('15 more: 15 failed').waitFor()
    const names = await rows().locator('bdi').allTextContents()
    assert.deepEqual(names.slice(0, 6), ['Good 0.mp3', 'Good 1.mp3', 'Good 2.mp3', 'Good 3.mp3', 'Good 4.mp3', '0.mp3'])
    await button('Cancel all').click()
    await rows().first().waitFor({ state: 'detached' })
    forgive(complaints, /ERR_FAILED/)
  })

  test('Files may be dropped anywhere on the page, which says so while they hang over it', async () => {
    const overlay = page.getByText('Drop to add songs')
    for (const place of ['h1', '.player-bar', '.invitation h2']) {
      await drop({ files: [await file('Beside.mp3')] }, place, () => overlay.waitFor())
      await overlay.waitFor({ state: 'detached' })
      await rows().getByText('Beside.mp3').waitFor()
      await button('Cancel').click()
      await rows().first().waitFor({ state: 'detached' })
    }
  })

  test('Files dropped on a dialog are uploaded too, and never opened by the browser', async () => {
    const address = page.url()
    await page.evaluate(
      `document.body.insertAdjacentHTML('beforeend', '<dialog id="d"><input name="t"></dialog>'); d.showModal()`,
    )
    await drop({ files: [await file('On a dialog.mp3')] }, '#d input', () =>
      page.getByText('Drop to add songs').waitFor(),
    )
    await rows().getByText('On a dialog.mp3').waitFor()
    await page.evaluate('d.remove()')
    await button('Cancel').click()
    assert.equal(page.url(), address)
  })

  test('Pasted files are uploaded, unless a text field takes the paste', async () => {
    const paste = (on: string) => `{
      const transfer = new DataTransfer()
      transfer.items.add(new File(['a song'], 'Pasted.mp3'))
      document.querySelector('${on}').dispatchEvent(new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true }))
    }`
    await page.evaluate(`document.body.insertAdjacentHTML('beforeend', '<input type="text" id="t">')`)
    await page.evaluate(paste('#t'))
    await page.evaluate(paste('h1'))
    await rows().getByText('Pasted.mp3').waitFor()
    assert.equal(await rows().count(), 1)
    await page.evaluate('t.remove()')
    await button('Cancel').click()
  })

  test('Dropping something without songs makes the page say what to do', async () => {
    await file('Pictures/cover.jpg')
    await drop({ files: [join(folder, 'Pictures')] })
    await told(/No song is in the folder “Pictures”/)
    await drop({ text: 'https://example.org/song.mp3' }, '.player-bar')
    await told(/That is no file. Save the song first/)
    assert.equal(await rows().count(), 0)
  })

  test('An empty file and a file that disappeared are each refused with their own message', async () => {
    await drop({ files: [await file('Empty.mp3', '')] })
    await rows().getByText('This file is empty.').waitFor()
    await button('Dismiss').click()
    const [first, second, gone] = [await file('First.mp3'), await file('Second.mp3'), await file('Gone.mp3')]
    await drop({ files: [first, second, gone] })
    await until('two are on their way', () => sent.length === 2)
    await rm(gone)
    await button('Cancel').first().click()
    await rows()
      .getByText(/This file cannot be read/)
      .waitFor()
    await button('Cancel all').click()
    forgive(complaints, /ERR_FILE_NOT_FOUND/)
  })

  test('Dropped files wait while the server is busy, and are sent when it says so', async () => {
    answer = (route) => {
      if (sent.length > 2) return
      return route.fulfill({ status: 429, headers: { 'retry-after': '1' }, body: '{"error":"busy"}' })
    }
    await page.evaluate(COUNT_LISTENERS)
    await drop({ files: [await file('Patient.mp3')] })
    await rows().getByText('waits until the server has room').waitFor()
    assert.equal(await rows().getByRole('progressbar').getAttribute('value'), '0')
    assert.equal(await rows().getByText(/B\/s/).count(), 0)
    await until('it is sent again, and again', () => sent.length === 3)
    await rows().getByText('waits until the server has room').waitFor({ state: 'detached' })
    assert.equal(await page.getByRole('alert').count(), 0)
    assert.equal(await page.evaluate('abortListeners'), 1, 'of the upload that runs')
    await button('Cancel').click()
    forgive(complaints, /429/)
  })

  test('One press sends all uploads again that broke off', async () => {
    answer = (route) => route.abort()
    await drop({ files: [await file('A.mp3'), await file('B.mp3'), await file('C.mp3')] })
    answer = (route) => (sent.length > 3 ? undefined : route.abort())
    await button('Try all 3 again').click()
    await until('two are on their way', () => sent.length === 5)
    await button('Cancel all').click()
    await rows().first().waitFor({ state: 'detached' })
    forgive(complaints, /ERR_FAILED/)
  })

  test('The console shows no errors after files were dropped', () => assert.deepEqual(complaints, []))
})
