import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { decode } from '../../../src/audio/media.ts'
import type { Music } from '../../../src/listen/schemas.ts'
import { songFolder } from '../../../src/store/song-files/paths.ts'
import { makeLongSong } from '../../support/real-songs.ts'
import { songPage } from '../../support/song-page.ts'
import { setStage } from '../../support/stage.ts'
import { client, filesBelow, type System, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const SECONDS = 75
/** The first 45 s of the mp3. */
const FIRST_BYTES = 1_500_000
/** Long enough for the server to have opened the file. */
const LOOKED_MS = 1_500

describe('Progressive upload: a song before its last byte has come', () => {
  let folder: string
  let system: System
  let api: ReturnType<typeof client>
  let mp3: Buffer

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-arrival-'))
    await makeLongSong(join(folder, 'long.mp3'), SECONDS)
    mp3 = await readFile(join(folder, 'long.mp3'))
    system = await startSystem({ WORKERS_HEALTHY: '2' })
    api = client(system.url)
  })
  after(async () => {
    await system.remove()
    await rm(folder, { recursive: true, force: true })
  })

  /** Sends the beginning of a file, and the rest when `sendRest` is called. */
  function send(file: Buffer, name: string) {
    const upload = request(`${system.url}/music?filename=${name}&arrival=${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream', 'content-length': file.length },
    })
    const answer = new Promise<{ status: number | undefined; body: unknown }>((resolve, reject) => {
      upload.on('error', reject)
      upload.on('response', (response) => {
        json(response).then((body) => resolve({ status: response.statusCode, body }), reject)
      })
    })
    answer.catch(() => undefined) // a broken upload has no answer
    upload.write(file.subarray(0, FIRST_BYTES))
    return {
      breakOff: () => upload.destroy(),
      sendRest(): typeof answer {
        upload.end(file.subarray(FIRST_BYTES))
        return answer
      },
    }
  }

  const comes = (name: string) =>
    until('it is a song', async () => (await api.json<Music[]>('/music')).find(({ arrival }) => arrival === name))

  test('A song plays from the bytes that have come, and ends with the samples of a normal upload', async () => {
    const upload = send(mp3, 'early.mp3')
    const { music_id: id, name, duration, tracks } = await comes('early.mp3')
    assert.equal(name, 'Long')
    assert.equal(Math.round(duration ?? 0), SECONDS)
    await api.keep(
      id,
      tracks.map(({ track_id }) => track_id),
    )
    const block = `${system.url}/music/${id}/stems/${tracks[0]?.track_id}/0`
    await until('its beginning can be heard', async () => (await fetch(block)).status === 200)
    const original = `${system.url}/music/${id}/original`
    assert.equal((await fetch(original)).status, 404)
    const { status, body } = await upload.sendRest()
    assert.equal(status, 200)
    assert.ok(mp3.equals(Buffer.from(await (await fetch(original)).arrayBuffer())))
    assert.deepEqual([(body as Music).music_id, (body as Music).arrival], [id, null])
    const { final = '' } = await api.ready(id)
    const blocks: Buffer[] = []
    for await (const block of decode({ path: join(folder, 'long.mp3'), maxSeconds: 600 }).pcm) blocks.push(block)
    assert.ok((await api.sound(final)).equals(Buffer.concat(blocks)))
    assert.doesNotMatch(system.log(), /are done again/)
  })

  test('A file whose format stands at its end becomes a song only when it is complete', async () => {
    const path = join(folder, 'long.m4a')
    await makeLongSong(path, SECONDS, 'm4a')
    const upload = send(await readFile(path), 'late.m4a')
    await setTimeout(LOOKED_MS)
    assert.ok(!(await api.json<Music[]>('/music')).some(({ arrival }) => arrival !== null))
    const { status, body } = await upload.sendRest()
    assert.deepEqual([status, (body as Music).name], [200, 'Long'])
  })

  test('A song disappears with its files when its upload breaks off', async () => {
    const upload = send(mp3, 'broken.mp3')
    const { music_id: id, tracks } = await comes('broken.mp3')
    await api.keep(
      id,
      tracks.map(({ track_id }) => track_id),
    )
    upload.breakOff()
    await until('it is gone', async () => !(await api.json<Music[]>('/music')).some(({ music_id }) => music_id === id))
    await until('so are its files', () => !existsSync(songFolder({ root: system.folder }, id)))
  })

  test('A song ends early when the rest of its upload is not sound', async () => {
    const upload = send(Buffer.concat([mp3.subarray(0, FIRST_BYTES), Buffer.alloc(3_000_000)]), 'half.mp3')
    await comes('half.mp3')
    const { status } = await upload.sendRest()
    assert.equal(status, 200)
  })

  test('A song deleted during its upload answers 404 to the uploader, and is complete when restored', async () => {
    const upload = send(mp3, 'deleted.mp3')
    const { music_id: id } = await comes('deleted.mp3')
    await api.json(`/music/${id}`, { method: 'DELETE' })
    const { status, body } = await upload.sendRest()
    assert.deepEqual([status, (body as { code: string }).code], [404, 'music-not-found'])
    const restored = await api.json<Music>(`/music/${id}/restore`, { method: 'POST' })
    assert.deepEqual([restored.music_id, restored.arrival], [id, null])
  })

  test('A song whose upload was cut off by the end of the server is gone with its file', async () => {
    await api.json('/reset', { method: 'POST' })
    void send(mp3, 'killed.mp3')
    await comes('killed.mp3')
    await system.restart()
    assert.deepEqual(await api.json<Music[]>('/music'), [])
    const left = (await filesBelow(system.folder)).filter(
      (path) => !/ledger|model|(lock\.sqlite|minus-one\.json|reserve)$/.test(path),
    )
    assert.deepEqual(left, [])
  })
})

test('A song plays in Chromium while a slow connection uploads the rest of it', async () => {
  const stage = await setStage(2)
  try {
    const path = await stage.file('long.mp3', '')
    await makeLongSong(path, SECONDS)
    const { page, complaints } = await stage.newPage()
    await page.goto(stage.system.url)
    const session = await page.context().newCDPSession(page)
    await session.send('Network.enable')
    const line = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 250_000 }
    await session.send('Network.emulateNetworkConditions', line)
    await page.locator('input[type=file]').setInputFiles(path)
    const shown = songPage(page)
    const place = () => shown.placeOf('Long')
    await until('it is heard', async () => (await place()) > 0.3, { timeoutMs: 20_000 })
    assert.ok(await page.getByRole('progressbar', { name: /^Upload of/ }).isVisible(), 'it is heard before it is there')
    await session.send('Network.emulateNetworkConditions', { ...line, uploadThroughput: -1 })
    await page.locator('.uploads li').waitFor({ state: 'detached' })
    await shown.song('Long').getByText('is being uploaded').waitFor({ state: 'detached' })
    const before = await place()
    await until('it plays on', async () => (await place()) > before + 1)
    assert.deepEqual(complaints, [])
  } finally {
    await stage.clear()
  }
})
