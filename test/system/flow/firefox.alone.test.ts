import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Firefox, openFirefox } from '../../support/firefox.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, type System, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

describe('The page in Firefox', () => {
  let system: System
  let firefox: Firefox
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-firefox-songs-'))
    system = await startSystem({ WORKERS_HEALTHY: '2' })
    firefox = await openFirefox()
    await firefox.page.goto(system.url)
  })
  after(async () => {
    await firefox.close()
    await system.remove()
    await rm(folder, { recursive: true, force: true })
  })

  const named = (name: string) => `document.querySelector('[aria-label="${name}"]')`
  const isThere = (name: string) => firefox.page.evaluate<boolean>(`${named(name)} !== null`)
  const place = () => firefox.page.evaluate<number>(`Number(${named('Place in Clicks')}.value)`)

  test('A chosen song plays by itself while it is being separated', async () => {
    const song = join(folder, 'Clicks.wav')
    await writeFile(song, wavOf(makeSong(24)))
    await firefox.page.chooseFile(`document.querySelector('input[type=file]')`, song)
    await until('it plays', () => isThere('Pause Clicks'), { timeoutMs: 60_000 })
    await until('it moves', async () => (await place()) > 0.5, { timeoutMs: 60_000 })
    const [music] = await client(system.url).json<{ music_id: number }[]>('/music')
    await client(system.url).ready(music?.music_id ?? 0)
  })

  test('A press pauses it, a press on the waveform seeks, and mute and faders act', async () => {
    await firefox.page.click(named('Pause Clicks'))
    await until('it pauses', () => isThere('Play Clicks'))
    await firefox.page.click(`document.querySelector('.waveform')`)
    await until('it is in the middle', async () => Math.abs((await place()) - 12) < 1)
    await firefox.page.click(named('Mute drums'))
    await until('the drums are muted', () =>
      firefox.page.evaluate<boolean>(`${named('Mute drums')}.ariaPressed === 'true'`),
    )
    const before = await firefox.page.evaluate<string>(`${named('Loudness of bass')}.value`)
    await firefox.page.evaluate(`${named('Loudness of bass')}.focus()`)
    await firefox.page.press('\uE015')
    await until('the bass is softer', async () => {
      return (await firefox.page.evaluate<string>(`${named('Loudness of bass')}.value`)) === String(Number(before) - 1)
    })
  })

  test('Space plays on, and the arrow keys seek', async () => {
    await firefox.page.evaluate('document.activeElement.blur()')
    await firefox.page.press(' ')
    await until('it plays', () => isThere('Pause Clicks'))
    const from = await place()
    await firefox.page.press('\uE014')
    await until('it has jumped', async () => (await place()) > from + 4)
    await firefox.page.press(' ')
    await until('it pauses', () => isThere('Play Clicks'))
  })

  test('The console of Firefox shows no errors', () => assert.deepEqual(firefox.errors, []))
})
