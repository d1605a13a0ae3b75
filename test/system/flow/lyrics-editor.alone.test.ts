import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { Lyrics } from '../../../src/song/lyrics.ts'
import { axeViolations } from '../../support/axe.ts'
import { songPage } from '../../support/song-page.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { type Stage, setStage } from '../../support/stage.ts'
import { client } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const TITLE = 'Counting'
const LINE_MS = 2_500
const HELD_MS = 500

/** Lines of "one two three", each word with its times. */
function countedLyrics(lines: number): Lyrics {
  return {
    language: 'en',
    source: 'pasted',
    isDraft: false,
    lines: Array.from({ length: lines }, (_, line) => {
      const [first, second, third] = [1_000, 1_500, 2_100].map((ms) => ms + line * LINE_MS)
      const word = (text: string, startMs = 0) => {
        return { text, startMs, endMs: startMs + 400, syllables: null, reading: null, isConfirmed: false }
      }
      const words = [word('one ', first), word('two ', second), word('three', third)]
      const [startMs = 0, endMs = 0] = [words[0]?.startMs, words[2]?.endMs]
      return { words, startMs, endMs, singer: null, isDoubtful: line === 1 }
    }),
  }
}

describe('The editor of words, in Chromium', () => {
  let stage: Stage
  let page: Page
  let complaints: string[]
  const given = countedLyrics(7)
  const fetched: string[] = []

  const editor = () => page.getByRole('dialog', { name: `Words of ${TITLE} in time` })
  const block = (line: number, word: number) => editor().locator(`[data-block="${line}.${word}"]`)
  const timesOf = (line: number, word: number) => block(line, word).getAttribute('aria-valuetext')
  const wordsOnServer = async () => {
    const { lyrics } = await client(stage.system.url).json<{ lyrics: Lyrics }>('/music/1/lyrics')
    return lyrics.lines.flatMap(({ words }) => words)
  }
  const openEditor = async () => {
    await page.getByRole('button', { name: 'Edit the words' }).click()
    await editor().waitFor()
  }

  before(async () => {
    stage = await setStage(2)
    const api = client(stage.system.url)
    const { music_id } = await api.upload(wavOf(makeSong(24)), `${TITLE}.wav`)
    await api.keep(music_id, ['vocals', 'drums', 'bass', 'other'])
    await api.ready(music_id)
    await api.json(`/music/${music_id}/lyrics`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'if-match': '"0"' },
      body: JSON.stringify({ lyrics: given }),
    })
    ;({ page, complaints } = await stage.newPage())
    page.on('request', (request) => fetched.push(request.url()))
    await page.goto(stage.system.url)
    await songPage(page).ready(TITLE)
  })
  after(async () => {
    await stage.clear()
  })

  test('It is fetched when it is opened, and has the focus on the first word', async () => {
    const isOfEditor = (url: string) => url.includes('words-editing')
    assert.deepEqual(fetched.filter(isOfEditor), [])
    await openEditor()
    assert.ok(fetched.some(isOfEditor))
    await until('the first word has the focus', () =>
      page.evaluate<boolean>(`document.activeElement.dataset.word === '0.0'`),
    )
    assert.deepEqual(await axeViolations(page), [])
  })

  test('Space taps three words while the song plays at half tempo', async () => {
    const placeOf = () => songPage(page).placeOf(TITLE)
    await page.keyboard.press('t')
    await until('it plays', async () => (await placeOf()) > 0.5)
    for (let word = 0; word < 3; word++) {
      await page.keyboard.press('Space', { delay: HELD_MS })
    }
    await page.keyboard.press('Escape')
    const times = await Promise.all([0, 1, 2].map((word) => timesOf(0, word)))
    assert.deepEqual([...times].sort(), times, 'the words follow each other')
    assert.equal(new Set(times).size, 3)
    assert.ok(await editor().isVisible(), 'Escape has ended tap mode only')
  })

  test('A word is dragged on the waveform, and a nudge moves it by 10 ms', async () => {
    await editor().locator('[data-word="1.1"]').click()
    const { x = 0, y = 0, width = 0 } = (await block(1, 1).boundingBox()) ?? {}
    await page.mouse.move(x + width / 2, y + 40)
    await page.mouse.down()
    await page.mouse.move(x + width / 2 - 20, y + 40, { steps: 4 })
    await page.mouse.up()
    const dragged = Number(await block(1, 1).getAttribute('aria-valuenow'))
    assert.ok(dragged < 4_000 && dragged > 3_500, `it begins at ${dragged}`)
    await page.keyboard.press('ArrowRight')
    assert.equal(await block(1, 1).getAttribute('aria-valuenow'), String(dragged + 10))
  })

  test('A line is split, and Ctrl+Z joins it again', async () => {
    const rows = editor().getByRole('list', { name: 'Lines' }).locator('> li')
    await editor().locator('[data-word="2.1"]').click()
    await page.keyboard.press('s')
    await until('there is one line more', async () => (await rows.count()) === 8)
    await page.keyboard.press('Control+z')
    await until('it is joined', async () => (await rows.count()) === 7)
  })

  test('A reload before saving loses nothing, and after saving the times are there', async () => {
    page.once('dialog', (dialog) => void dialog.accept())
    await page.reload()
    await songPage(page).ready(TITLE)
    await openEditor()
    await editor().getByText('Your unsaved changes are back.').waitFor()
    const shown = await Promise.all([0, 1, 2].map((word) => timesOf(0, word)))
    await page.keyboard.press('Control+s')
    await editor().getByText('Saved', { exact: true }).waitFor()
    const words = await wordsOnServer()
    assert.deepEqual(words.map(({ isConfirmed }) => isConfirmed).slice(0, 6), [true, true, true, false, true, false])
    assert.notEqual(words[4]?.startMs, given.lines[1]?.words[1]?.startMs)
    await page.reload()
    await songPage(page).ready(TITLE)
    await openEditor()
    assert.deepEqual(await Promise.all([0, 1, 2].map((word) => timesOf(0, word))), shown)
  })

  test('Escape closes it, and the song has its own tempo and loop', async () => {
    await page.keyboard.press('Escape')
    await editor().waitFor({ state: 'detached' })
    const { tempo, loop } = await client(stage.system.url).json<{ tempo: number; loop: unknown }>('/music/1/practice')
    assert.deepEqual([tempo, loop], [1, null])
  })

  test('The console shows no errors after editing', () => assert.deepEqual(complaints, []))
})
