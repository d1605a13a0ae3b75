import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { axeViolations } from '../../support/axe.ts'
import { songPage } from '../../support/song-page.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { type Stage, setStage } from '../../support/stage.ts'
import { client } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const TITLE = 'Counting'
const SECONDS = 40
const LINE_MS = 4_000
const WORD_MS = 500
/** A word may change this much before or after its time is heard. */
const EXACT_MS = 30
/**
 * Keeps the last report of the mixer, and tells from it the time of the song that is heard: by the clock of the audio and the
 * latency that the browser states.
 */
const REPORTS = `{
  const Node = AudioWorkletNode
  globalThis.AudioWorkletNode = class extends Node {
    constructor(context, name, options) {
      super(context, name, options)
      if (name === 'minus-one-mixer')
        this.port.addEventListener('message', ({ data }) => { globalThis.mixer = { ...data, context } })
    }
  }
  globalThis.heardMs = (tempo) => {
    const { position, contextTime, context } = globalThis.mixer
    const seconds = context.currentTime - contextTime - (context.outputLatency || 0)
    return (1000 * position) / 44100 + 1000 * tempo * seconds
  }
}`

/** Lines of four words, every half second from 2 s on, as enhanced LRC. */
const WORDS = [...Array(8).keys()]
  .map((line) => {
    const words = ['one', 'two', 'three', 'four'].map(
      (word, index) => `<${stamp(2_000 + line * LINE_MS + index * WORD_MS)}>${word}`,
    )
    return `[${stamp(2_000 + line * LINE_MS)}]${words.join(' ')}<${stamp(2_000 + line * LINE_MS + 4 * WORD_MS)}>`
  })
  .join('\n')

function stamp(ms: number): string {
  return `00:${String(Math.floor(ms / 1_000)).padStart(2, '0')}.${String((ms % 1_000) / 10).padStart(2, '0')}`
}

describe('The words of a song on the page, in Chromium', () => {
  let stage: Stage
  let page: Page
  let complaints: string[]

  before(async () => {
    stage = await setStage(2)
    const api = client(stage.system.url)
    const { music_id } = await api.upload(wavOf(makeSong(SECONDS)), `${TITLE}.wav`)
    await api.keep(music_id, ['vocals', 'drums', 'bass', 'other'])
    await api.ready(music_id)
    ;({ page, complaints } = await stage.newPage())
    await page.goto(stage.system.url)
    await songPage(page).ready(TITLE)
  })
  after(async () => {
    await stage.clear()
  })

  const strip = () => page.getByRole('region', { name: `Words of ${TITLE}`, exact: true })
  const dialog = () => page.getByRole('dialog', { name: `Words of ${TITLE}`, exact: true })
  const onStage = () => page.getByRole('dialog', { name: `Stage: ${TITLE}`, exact: true })

  /** The places at which words began to fill, in ms of the song that was heard, beside the times that they should have. */
  async function changes(seconds: number, tempo: number): Promise<{ late: number; word: number }[]> {
    const found = await page.evaluate<{ heard: number; word: number; line: string }[]>(`new Promise((done) => {
      const seen = []
      let last = ''
      const end = performance.now() + ${seconds * 1_000}
      const look = () => {
        const line = document.querySelector('.stage .stage-current .sung-line')
        const word = Number(line?.dataset.word ?? -1)
        const key = line?.textContent + word
        if (key !== last && word >= 0 && word < 4) seen.push({ word, heard: globalThis.heardMs(${tempo}), line: line.textContent })
        last = key
        if (performance.now() < end) requestAnimationFrame(look)
        else done(seen)
      }
      look()
    })`)
    return found.slice(1).map(({ heard, word }) => {
      const inLine = (heard - 2_000 + LINE_MS) % LINE_MS
      return { word, late: inLine - word * WORD_MS }
    })
  }

  test('A song without words offers to add some, in the place where they will be', async () => {
    await strip().getByRole('button', { name: 'Add words' }).click()
    await dialog().waitFor()
    assert.deepEqual(await axeViolations(page), [])
  })

  test('A text that is pasted becomes the words of the song, with the times that it has, and nothing moves', async () => {
    const height = async () => (await strip().boundingBox())?.height
    const before = await height()
    await dialog().getByRole('textbox').fill(WORDS)
    await dialog().getByRole('button', { name: 'Use these words' }).click()
    await dialog().getByText('8 lines, pasted, times of words').waitFor()
    await dialog().getByRole('button', { name: 'Close' }).click()
    await strip().getByText('one two three four').first().waitFor()
    assert.equal(await height(), before)
  })

  test('What cannot be read is refused in words, and the text stays in the box', async () => {
    await strip().getByRole('button', { name: 'Words', exact: true }).click()
    await dialog().getByRole('textbox').fill('[00:01.00]\n[00:02.00]')
    await dialog().getByRole('button', { name: 'Use these words' }).click()
    await dialog().getByRole('alert').waitFor()
    assert.equal(await dialog().getByRole('textbox').inputValue(), '[00:01.00]\n[00:02.00]')
    complaints.splice(0)
    await page.keyboard.press('Escape')
  })

  test('Undo takes new words back, and redo brings them again', async () => {
    await page.getByRole('button', { name: /^Undo/ }).click()
    await strip().getByRole('button', { name: 'Add words' }).waitFor()
    await page.getByRole('button', { name: /^Redo/ }).click()
    await strip().getByText('one two three four').first().waitFor()
  })

  test('The key W fills the screen with the words, and Escape leaves them', async () => {
    await page.keyboard.press('w')
    await onStage().waitFor()
    assert.match(page.url(), /view=stage/)
    await onStage().getByText(TITLE).waitFor()
    assert.deepEqual(await axeViolations(page), [])
    await page.keyboard.press('Escape')
    await onStage().waitFor({ state: 'detached' })
    assert.doesNotMatch(page.url(), /view=stage/)
  })

  test('An address opens the stage, and Back leaves it', async () => {
    await page.goto(`${stage.system.url}/?song=1`)
    await strip().getByRole('button', { name: 'Stage' }).click()
    await onStage().waitFor()
    await page.goBack()
    await onStage().waitFor({ state: 'detached' })
    await page.goto(`${stage.system.url}/?song=1&view=stage`)
    await onStage().waitFor()
  })

  for (const { what, address, tempo } of [
    { what: 'as recorded', address: '?song=1', tempo: 1 },
    { what: 'in a slower tempo', address: '?song=1&tempo=70', tempo: 0.7 },
    { what: 'after each pass of a loop', address: '?song=1&loop=1.5-4.5', tempo: 1 },
  ]) {
    test(`Words change within ${EXACT_MS} ms of the sound that is heard, ${what}`, async () => {
      await page.addInitScript(REPORTS)
      await page.goto(`${stage.system.url}/${address}`)
      await songPage(page).play(TITLE).click()
      await until('it plays', async () => (await songPage(page).placeOf(TITLE)) > 0.3)
      await page.keyboard.press('w')
      await onStage().waitFor()
      await until('it sings', async () => (await songPage(page).placeOf(TITLE)) > 1.8)
      for (const jump of [false, true]) {
        if (jump) await page.keyboard.press('.')
        const late = (await changes(8, tempo)).map((each) => Math.abs(each.late)).sort((x, y) => x - y)
        assert.ok(late.length >= 4, `only ${late.length} words`)
        // A frame of a busy machine may come late; in the middle they are in time.
        assert.ok((late[late.length >> 1] ?? 0) <= EXACT_MS, `late by ${late.map(Math.round)} ms`)
      }
      await page.keyboard.press('Escape')
    })
  }

  test('Nobody complained', () => {
    assert.deepEqual(complaints, [])
  })
})
