import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { NO_PRACTICE_SETTINGS, type PracticeSettings } from '../../../src/song/practice-settings.ts'
import { axeViolations } from '../../support/axe.ts'
import { forgive } from '../../support/browser.ts'
import { songPage } from '../../support/song-page.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { type Stage, setStage } from '../../support/stage.ts'
import { client } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const SECONDS = 24
const MIX = { gains: { bass: -6 }, muted: ['drums'], solo: [], pan: { other: 0.5 } }

describe('What is set to practise a song, on the page in Chromium', () => {
  let stage: Stage
  let page: Page
  let complaints: string[]
  const ids = { plain: 0, stored: 0, linked: 0 }

  before(async () => {
    stage = await setStage(2)
    const api = client(stage.system.url)
    for (const name of ['plain', 'stored', 'linked'] as const) {
      const { music_id, tracks } = await api.upload(wavOf(makeSong(SECONDS)), `${name}.wav`)
      await api.keep(
        music_id,
        tracks.map(({ track_id }) => track_id),
      )
      await api.ready(music_id)
      ids[name] = music_id
    }
    ;({ page, complaints } = await stage.newPage({ permissions: ['clipboard-read', 'clipboard-write'] }))
    await page.goto(`${stage.system.url}/?song=${ids.plain}`)
    await songPage(page).song('plain').waitFor()
  })
  after(async () => {
    await stage.clear()
  })

  const inSong = (name: string, on = page, title = 'plain') =>
    songPage(on).song(title).getByRole('button', { name, exact: true })
  const inPlayer = (name: string, on = page) => songPage(on).player.getByRole('button', { name, exact: true })
  const loudness = (stem: string, on = page, title = 'plain') =>
    songPage(on)
      .song(title)
      .getByRole('slider', { name: `Loudness of ${stem}` })
  const isPressed = async (name: string, on = page, title = 'plain') =>
    (await inSong(name, on, title).getAttribute('aria-pressed')) === 'true'
  const saved = (id: number) => client(stage.system.url).json<PracticeSettings>(`/music/${id}/practice`)
  const versionOf = async (id: number) => (await fetch(`${stage.system.url}/music/${id}/practice`)).headers.get('etag')

  async function saveElsewhere(id: number, settings: PracticeSettings, version: string): Promise<void> {
    await client(stage.system.url).json(`/music/${id}/practice`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'if-match': version },
      body: JSON.stringify(settings),
    })
  }

  test('The instrument that the user plays is left out of songs without a mix of their own, and is saved to none', async () => {
    assert.equal(await isPressed('Mute vocals'), true)
    await inSong('Drums').click()
    await until('the drums are left out', () => isPressed('Mute drums'))
    assert.equal(await isPressed('Mute vocals'), false)
    await page.reload()
    await until('they still are', () => isPressed('Mute drums'))
    assert.equal(await versionOf(ids.plain), '"0"')
  })

  test('Mix, key and tempo appear on another device without a reload', async () => {
    const { page: other } = await stage.newPage()
    await other.goto(`${stage.system.url}/?song=${ids.plain}`)
    await songPage(other).song('plain').waitFor()
    await loudness('bass').fill('-12')
    await inSong('Mute vocals').click()
    await inPlayer('Key down').click()
    await inPlayer('Tempo down').click()
    await until('the other device has the fader', async () => (await loudness('bass', other).inputValue()) === '-12')
    await until('and the mute', () => isPressed('Mute vocals', other))
    await inPlayer('Key: −1. Press to reset', other).waitFor()
    await inPlayer('Tempo: 95 %. Press to reset', other).waitFor()
    await other.close()
  })

  test('What another page saved meanwhile is not overwritten: it is shown, and Undo brings the own change back', async () => {
    await until('all is saved', async () => (await saved(ids.plain)).tempo === 0.95)
    let wasFaster = false
    await page.route(`**/music/${ids.plain}/practice`, async (route) => {
      if (route.request().method() === 'PUT' && !wasFaster) {
        wasFaster = true
        const version = (await versionOf(ids.plain)) ?? ''
        await saveElsewhere(ids.plain, { ...NO_PRACTICE_SETTINGS, semitones: 7 }, version)
      }
      await route.continue()
    })
    await loudness('bass').fill('-3')
    await page.getByText('Somebody changed').waitFor()
    await inPlayer('Key: +7. Press to reset').waitFor()
    assert.equal((await saved(ids.plain)).semitones, 7)
    await page.getByRole('button', { name: 'Undo the change of another page' }).click()
    await until('the own change is saved', async () => (await saved(ids.plain)).mix?.gains['bass'] === -3)
    assert.equal((await saved(ids.plain)).semitones, 7, 'the key of the other page stays')
    await page.getByRole('button', { name: 'Dismiss' }).click()
    forgive(complaints, /409/)
  })

  test('A link holds place, loop, mix, key and tempo, and whoever opens it hears them without saving them', async () => {
    await songPage(page).show('linked')
    await songPage(page).seek('linked', 7.5)
    await inPlayer('A: loop from here').click()
    await songPage(page).seek('linked', 9)
    await songPage(page)
      .player.getByRole('button', { name: /^B.*: loop to here/ })
      .click()
    await loudness('bass', page, 'linked').fill('-9')
    await inPlayer('Key up').click()
    await until('it is saved', async () => (await saved(ids.linked)).semitones === 1)
    await songPage(page).song('linked').getByRole('button', { name: 'Copy link' }).click()
    const link = await page.evaluate<string>('navigator.clipboard.readText()')
    assert.match(link, /song=\d+&at=7\.5&loop=7\.5-9&off=drums&gain=bass:-9&key=1$/)
    await saveElsewhere(ids.linked, NO_PRACTICE_SETTINGS, (await versionOf(ids.linked)) ?? '')
    const { page: guest } = await stage.newPage()
    await guest.goto(link)
    await until('the fader is there', async () => (await loudness('bass', guest, 'linked').inputValue()) === '-9')
    assert.equal(await isPressed('Mute drums', guest, 'linked'), true)
    await inPlayer('Key: +1. Press to reset', guest).waitFor()
    await songPage(guest).play('linked').click()
    await until('it plays in the loop', async () => {
      const place = await songPage(guest).placeOf('linked')
      return place >= 7.4 && place <= 9.1
    })
    assert.deepEqual(await saved(ids.linked), NO_PRACTICE_SETTINGS)
    await guest.close()
  })

  test('What an earlier version stored in the browser moves to the server', async () => {
    const [music] = (
      await client(stage.system.url).json<{ music_id: number; tracks: { track_id: number }[] }[]>('/music')
    ).filter(({ music_id }) => music_id === ids.stored)
    const [vocals = 0, drums = 0] = music?.tracks.map(({ track_id }) => track_id) ?? []
    const { page: old } = await stage.newPage()
    await old.addInitScript(`if (!localStorage.getItem('minus-one.seen')) {
      localStorage.setItem('minus-one.seen', '1')
      localStorage.setItem('minus-one.mix.${ids.stored}', JSON.stringify({ muted: [${vocals}], solo: [], decibels: { ${drums}: -6 } }))
      localStorage.setItem('minus-one.loop.${ids.stored}', JSON.stringify({ start: 44100, end: 88200 }))
      localStorage.setItem('minus-one.practice.${ids.stored}', JSON.stringify({ semitones: 2, tempo: 0.9 }))
    }`)
    await old.goto(stage.system.url)
    await until('the server has it', async () => (await saved(ids.stored)).semitones === 2)
    assert.deepEqual(await saved(ids.stored), {
      mix: { gains: { drums: -6 }, muted: ['vocals'], solo: [], pan: {} },
      semitones: 2,
      tempo: 0.9,
      loop: { start: 1, end: 2 },
      markers: [],
    })
    const left = `Object.keys(localStorage).filter((key) => /\\\\.(mix|loop|practice)\\\\./.test(key)).length`
    await until('the browser has it no more', async () => (await old.evaluate<number>(left)) === 0)
    await old.close()
  })

  test('The practice view has no accessibility violations, light, dark and in forced colours, wide and narrow', async () => {
    await saveElsewhere(
      ids.stored,
      { ...NO_PRACTICE_SETTINGS, mix: MIX, loop: { start: 2, end: 5 } },
      (await versionOf(ids.stored)) ?? '',
    )
    const options = [
      { colorScheme: 'light' },
      { colorScheme: 'dark' },
      { colorScheme: 'dark', forcedColors: 'active' },
    ] as const
    for (const option of options) {
      for (const viewport of [
        { width: 1280, height: 800 },
        { width: 390, height: 844 },
      ]) {
        const { page: each } = await stage.newPage({ ...option, viewport, reducedMotion: 'reduce' })
        await each.goto(`${stage.system.url}/?song=${ids.stored}`)
        await until('the mix is there', () => isPressed('Mute drums', each, 'stored'))
        assert.deepEqual(await axeViolations(each), [], JSON.stringify({ ...option, ...viewport }))
        assert.ok((await each.evaluate<number>('document.documentElement.scrollWidth')) <= viewport.width)
        await each.context().close()
      }
    }
  })

  test('The console shows no errors after practising on two devices', () => assert.deepEqual(complaints, []))
})
