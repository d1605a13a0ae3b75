import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { Music, Progress } from '../../../src/listen/schemas.ts'
import { listenToEvents } from '../../support/listen-to-events.ts'
import { uploadSlowly } from '../../support/slow-upload.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { type Stage, setStage } from '../../support/stage.ts'
import { client } from '../../support/system.ts'
import { id3Chunk, pictureFrame } from '../../support/tagged.ts'
import { until } from '../../support/wait.ts'

const BLOCK_BYTES = 163_840 * 4
/** The smallest PNG there is: one pixel. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

/** Runs in the page. */
const widthOf = ({ naturalWidth }: { naturalWidth: number }): number => naturalWidth

describe('A page that was open before a song came', () => {
  let stage: Stage
  let page: Page
  let api: ReturnType<typeof client>
  const listening = new AbortController()
  let heard: ReturnType<typeof listenToEvents>

  before(async () => {
    stage = await setStage(1)
    api = client(stage.system.url)
    heard = listenToEvents(stage.system.url, listening.signal)
    ;({ page } = await stage.newPage())
    await page.goto(stage.system.url)
    await page.getByText('What do you play?').waitFor()
    await page.getByRole('button', { name: /machine/ }).click()
  })
  after(async () => {
    listening.abort()
    await stage.clear()
  })

  /** The song as it was told last. */
  const told = (id: number) => toldOf(id).at(-1)
  const toldOf = (id: number) =>
    heard.flatMap(({ type, data }) => (type === 'song' && data.music_id === id ? [data] : []))
  const card = (name: string) => page.getByRole('article', { name, exact: true })

  async function separate({ music_id: id, tracks }: Music): Promise<Progress> {
    await api.keep(
      id,
      tracks.map(({ track_id }) => track_id),
    )
    return api.ready(id)
  }

  /** Compares each field of a song that was told last with the answer of GET /music. */
  async function assertTold(id: number): Promise<Music> {
    const answer = (await api.json<Music[]>('/music')).find(({ music_id }) => music_id === id) ?? assert.fail()
    await until('the last change is told', () => JSON.stringify(told(id)) === JSON.stringify(answer), {
      timeoutMs: 5_000,
    }).catch(() => assert.deepEqual(told(id), answer))
    return answer
  }

  /** A file that announces 2:23 and holds two blocks, 0:07. */
  const lying = () => wavOf(makeSong(143)).subarray(0, 44 + 2 * BLOCK_BYTES)

  for (const way of ['at once', 'slowly, as a progressive upload'] as const) {
    test(`hears that a file which came ${way} is shorter than it says, and shows no segments beyond its end`, async () => {
      const name = way === 'at once' ? 'Short' : 'Slow'
      const options = { fileName: `${name}.wav`, arrival: name, seconds: 1.5 }
      const music =
        way === 'at once'
          ? await api.upload(lying(), options.fileName)
          : await uploadSlowly(stage.system.url, lying(), options)
      await card(name).getByText('2:23').first().waitFor()
      if (way !== 'at once') await page.locator('.strip li').nth(30).waitFor()
      const { chunks } = await separate(music)
      const { warnings, duration } = await assertTold(music.music_id)
      assert.match(warnings.join(), /says it is 2:23 long, but it holds 0:07 of sound/)
      assert.equal(Math.round(duration ?? 0), 7)
      const early = toldOf(music.music_id).find((each) => each.warnings.length > 0)
      assert.equal(early?.state, 'separating', 'it is told when it is decoded, not when it is separated')
      await card(name)
        .locator('.warning')
        .getByText(warnings[0] ?? '?')
        .waitFor()
      await card(name).locator('header').getByText('0:07').waitFor()
      await until('it shows the segments that there are', async () => {
        return (await page.locator('.strip li').count()) === chunks.total
      })
    })
  }

  test('hears the names, the cover and the end of an upload that its last bytes bring', async () => {
    const sound = wavOf(makeSong(20))
    const tags = id3Chunk({ title: 'Late Title', artist: 'Zoë', picture: pictureFrame(PIXEL) })
    sound.writeUInt32LE(sound.length - 8 + tags.length, 4)
    const arriving = uploadSlowly(stage.system.url, Buffer.concat([sound, tags]), {
      fileName: 'Early.wav',
      arrival: 'a-1',
      seconds: 3,
    })
    await card('Early').waitFor()
    const music = await arriving
    await separate(music)
    const { name, band, cover, arrival } = await assertTold(music.music_id)
    assert.deepEqual([name, band, cover, arrival], ['Late Title', 'Zoë', `/music/${music.music_id}/cover`, null])
    await card('Late Title').getByText('Zoë').waitFor()
    const width = () => card('Late Title').locator('img.cover').evaluate<number, { naturalWidth: number }>(widthOf)
    await until('the cover is shown', async () => (await width()) === 1)
  })

  test('hears a new name, and all of a song that is deleted and restored', async () => {
    const { music_id: id } = await api.upload(wavOf(makeSong(5)), 'Old name.wav')
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ name: 'New name', band: 'New band' })
    await fetch(`${stage.system.url}/music/${id}`, { method: 'PATCH', headers, body })
    await assertTold(id)
    await card('New name').waitFor()
    await fetch(`${stage.system.url}/music/${id}`, { method: 'DELETE' })
    await card('New name').waitFor({ state: 'detached' })
    await fetch(`${stage.system.url}/music/${id}/restore`, { method: 'POST' })
    await assertTold(id)
    await card('New name').getByText('New band').waitFor()
  })

  test('has heard at the end exactly what GET /music answers', async () => {
    const answer = await api.json<Music[]>('/music')
    assert.equal(answer.length, 4)
    assert.deepEqual(
      answer.map(({ music_id }) => told(music_id)),
      answer,
    )
  })
})
