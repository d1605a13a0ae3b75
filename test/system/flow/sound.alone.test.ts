import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { forgive } from '../../support/browser.ts'
import { songPage } from '../../support/song-page.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { type Stage, setStage } from '../../support/stage.ts'
import { client } from '../../support/system.ts'
import { assertIsSong, insertTape, playTape, trim } from '../../support/tape.ts'
import { until } from '../../support/wait.ts'

const SECONDS = 24
/** Collects every AudioContext. */
const CONTEXTS = `
  window.contexts = []
  window.AudioContext = class extends AudioContext {
    constructor(...options) {
      super(...options)
      window.contexts.push(this)
    }
  }`
const NO_WORKLET = "Object.defineProperty(BaseAudioContext.prototype, 'audioWorklet', { get: () => undefined })"
/** Acts as a hidden tab, with timers as slow as browsers make them after a long silence. */
const UNSEEN = `
  Object.defineProperty(document, 'hidden', { value: true })
  const { setTimeout, setInterval } = window
  window.setTimeout = (what, ms, ...rest) => setTimeout(what, Math.max(1_000, ms), ...rest)
  window.setInterval = (what, ms, ...rest) => setInterval(what, Math.max(60_000, ms), ...rest)`
const TAKEN = /Something took the sound away/
const NO_SOUND = /No sound comes/

describe('Sound that the browser or the system takes away, in Chromium', () => {
  const song = makeSong(SECONDS)
  let stage: Stage
  let page: Page
  let complaints: string[]

  before(async () => {
    stage = await setStage(2)
    const api = client(stage.system.url)
    const { music_id, tracks } = await api.upload(wavOf(song), 'Song.wav')
    await api.keep(
      music_id,
      tracks.map(({ track_id }) => track_id),
    )
    await api.ready(music_id)
  })
  after(async () => {
    await stage.clear()
  })

  async function open(...scripts: string[]): Promise<void> {
    await page?.context().close()
    ;({ page, complaints } = await stage.newPage({ bypassCSP: true, serviceWorkers: 'block' }))
    await page.addInitScript(CONTEXTS)
    await insertTape(page)
    for (const script of scripts) await page.addInitScript(script)
    await page.goto(stage.system.url)
    await button('Play Song').waitFor()
  }

  const button = (name: string) => songPage(page).player.getByRole('button', { name, exact: true })
  const place = () => songPage(page).placeOf('Song')
  const sound = (does: string) => page.evaluate<unknown>(`(() => { const context = contexts.at(-1); ${does} })()`)
  const isHeard = async () => (await playTape(page)).some((sample) => sample !== 0)

  async function playFor(seconds: number): Promise<void> {
    await button('Play Song').click()
    await until('it plays', async () => (await place()) > seconds)
  }

  const outputs = { 'from the audio thread': '', 'without an AudioWorklet': NO_WORKLET }
  for (const [how, script] of Object.entries(outputs)) {
    test(`Sound ${how} comes back at the next press, at its place, and not before`, async () => {
      await open(script)
      await playFor(0.5)
      await sound('return context.suspend()')
      await page.getByText(TAKEN).waitFor()
      await button('Play Song').waitFor()
      assert.equal(await page.evaluate('navigator.mediaSession.playbackState'), 'paused')
      const before = await place()
      await playTape(page)
      await sound('return context.resume()')
      const [since] = [await sound('return context.currentTime')] as [number]
      await until('it has run', async () => ((await sound('return context.currentTime')) as number) > since + 0.5)
      assert.ok((await playTape(page)).slice(2_000).every((sample) => sample === 0))
      await sound('return context.suspend()')
      await page.locator('h1').click()
      await page.keyboard.press('Space')
      await until('it is heard', isHeard)
      assert.ok(Math.abs((await place()) - before) < 2, `${before} s, then ${await place()} s`)
      await until('it moves on', async () => (await place()) > before + 0.3)
      assert.equal(await page.getByText(TAKEN).count(), 0)
      await button('Pause Song').click()
      assert.equal(await page.evaluate('contexts.length'), 1)
      assert.deepEqual(complaints, [])
    })
  }

  for (const [how, script] of Object.entries(outputs)) {
    test(`Sound ${how} comes back at one press after its context was closed, at its place`, async () => {
      await open(script)
      await playFor(0.5)
      await sound('return context.close()')
      await page.getByText(TAKEN).waitFor()
      const before = await place()
      await playTape(page)
      await button('Play Song').click()
      await until('it is heard', isHeard)
      await button('Pause Song').waitFor()
      assert.ok((await place()) >= before && (await place()) < before + 2, `${before} s, then ${await place()} s`)
      assert.equal(await page.evaluate('contexts.length'), 2)
      assert.deepEqual(complaints, [])
    })
  }

  const dead = {
    'whose resume never ends': 'context.resume = () => new Promise(() => {}); return context.suspend()',
    'that refuses to resume': "context.resume = () => Promise.reject(new Error('no')); return context.suspend()",
    'that stands still and says nothing': `
      Object.defineProperty(context, 'state', { value: 'running' })
      context.resume = () => Promise.resolve()
      return context.suspend()`,
  }
  for (const [what, does] of Object.entries(dead)) {
    test(`With a browser ${what}, buttons act at once and a press makes new sound`, async () => {
      await open()
      await playFor(0.5)
      await sound(does)
      const pause = button('Pause Song')
      if (await pause.count()) await pause.click()
      const before = await place()
      await button('Play Song').click()
      await page.getByText(NO_SOUND).waitFor()
      await playTape(page)
      await button('Play Song').click()
      await until('it is heard', isHeard)
      assert.ok((await place()) >= before && (await place()) < before + 2, `${before} s, then ${await place()} s`)
      assert.equal(await page.evaluate('contexts.length'), 2)
      assert.equal(await page.getByText(NO_SOUND).count(), 0)
      assert.deepEqual(complaints, [])
    })
  }

  for (const [how, script] of Object.entries(outputs)) {
    test(`Sound ${how} has no gap in a hidden tab`, async () => {
      await open(UNSEEN, script)
      await page.getByRole('button', { name: 'Everything', exact: true }).first().click()
      await playFor(3)
      await button('Pause Song').click()
      const tape = trim(await playTape(page))
      assert.ok(tape.length > 2.5 * 44_100, `${tape.length} samples were heard`)
      assertIsSong(tape, { song, around: 0 })
      assert.deepEqual(complaints, [])
    })
  }

  test('A press while the server is down says so, and one when it is back plays', async () => {
    await open()
    await stage.system.stop('SIGKILL')
    await button('Play Song').click()
    await page.getByRole('alert').waitFor()
    await stage.system.restart()
    await playFor(0.3)
    forgive(complaints, /ERR_|503/)
    assert.deepEqual(complaints, [])
  })
})
