import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openEncoder, probe } from '../../../src/audio/media.ts'
import type { Music } from '../../../src/listen/schemas.ts'
import { clip } from '../../../src/song/pcm.ts'
import { PIXEL } from '../../support/pixel.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, type System, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

describe('Exports: covers, originals and mixes with gains', () => {
  const sound = makeSong(14, 3)
  let system: System
  let api: ReturnType<typeof client>
  let folder: string
  let flac: Buffer
  let music: Music

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-take-'))
    const path = join(folder, 'song.flac')
    const picture = { mime: 'image/png', bytes: PIXEL } as const
    const encoder = openEncoder({ path, format: 'flac', tags: { title: 'Été', artist: 'Zoë', album: '' }, picture })
    await encoder.write(Buffer.from(sound.buffer))
    await encoder.finish()
    flac = await readFile(path)
    system = await startSystem({ WORKERS_HEALTHY: '2' })
    api = client(system.url)
    music = await api.upload(flac, 'mine.flac')
  })
  after(async () => {
    await system.remove()
    await rm(folder, { recursive: true, force: true })
  })

  const get = (path: string, init?: RequestInit) => fetch(`${system.url}${path}`, init)
  const trackOf = (name: string) => music.tracks.find((track) => track.name === name)?.track_id ?? 0

  async function mix(gains: object, format = 'wav'): Promise<{ status: number; file: string; code: string }> {
    const response = await get(`/music/${music.music_id}/mix`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ gains, format }),
    })
    return { status: response.status, ...((await response.json()) as { file: string; code: string }) }
  }

  async function rendered(file: string): Promise<Response> {
    return until('the mix is rendered', async () => {
      const response = await get(file)
      return response.ok && response
    })
  }

  test("A song's cover and original are served as they were uploaded", async () => {
    assert.equal(music.cover, `/music/${music.music_id}/cover`)
    const cover = await get(music.cover)
    assert.equal(cover.headers.get('content-type'), 'image/png')
    assert.ok(Buffer.from(await cover.arrayBuffer()).equals(PIXEL))
    const original = await get(`/music/${music.music_id}/original`)
    assert.equal(original.headers.get('content-type'), 'application/octet-stream')
    assert.equal(original.headers.get('content-disposition'), 'attachment; filename=mine.flac')
    assert.ok(Buffer.from(await original.arrayBuffer()).equals(flac))
  })

  test('A song without a cover answers 404 for it', async () => {
    const plain = await api.upload(wavOf(makeSong(1)), 'plain.wav')
    assert.equal(plain.cover, null)
    assert.equal((await get(`/music/${plain.music_id}/cover`)).status, 404)
  })

  test('A mix is refused before the song is separated', async () => {
    assert.deepEqual({ ...(await mix({ vocals: null })), error: '' }, { status: 405, code: 'not-yet', error: '' })
  })

  test('A mix with gains is the sum of the scaled stems, rounded once', async () => {
    await api.keep(music.music_id, ['instrumental'])
    const { instruments } = await api.ready(music.music_id)
    const { status, file } = await mix({ vocals: null, [trackOf('drums')]: -6, bass: 3.5 })
    assert.equal(status, 202)
    const response = await rendered(file)
    const title = decodeURIComponent(response.headers.get('content-disposition') ?? '')
    assert.match(title, /Zoë - Été \(minus vocals, drums −6 dB, bass \+3.5 dB\)\.wav/)
    const heard = new Int16Array((await response.arrayBuffer()).slice(44))
    const stem = async (name: string) => {
      const link = instruments.find((instrument) => instrument.name === name)?.track ?? ''
      const bytes = await api.sound(link)
      return new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
    }
    const [drums, bass, other] = [await stem('drums'), await stem('bass'), await stem('other')]
    const [softer, louder] = [10 ** (-6 / 20), 10 ** (3.5 / 20)]
    assert.equal(heard.length, sound.length)
    for (let i = 0; i < heard.length; i++) {
      const meant = (drums[i] ?? 0) * softer + (bass[i] ?? 0) * louder + (other[i] ?? 0)
      if (heard[i] !== clip(Math.round(meant))) assert.fail(`sample ${i}: ${heard[i]} instead of ${meant}`)
    }
  })

  test('A mix without changed gains is the song, and equal mixes share one file', async () => {
    const [one, other] = [await mix({}), await mix({ vocals: 0 }, 'flac')]
    assert.equal(one.file.split('?')[0], other.file.split('?')[0])
    const heard = Buffer.from(await (await rendered(one.file)).arrayBuffer()).subarray(44)
    assert.ok(heard.equals(Buffer.from(sound.buffer)))
  })

  test("A mix in another format has the song's cover", async () => {
    const { file } = await mix({ vocals: -12 }, 'm4a')
    const path = join(folder, 'guide.m4a')
    await writeFile(path, Buffer.from(await (await rendered(file)).arrayBuffer()))
    const { picture, tags } = await probe({ path })
    assert.ok(picture?.bytes.equals(PIXEL))
    assert.equal(tags.artist, 'Zoë')
  })

  test('Gains that cannot be mixed are refused with their reason', async () => {
    assert.equal((await mix({ kazoo: -3 })).code, 'track-not-found')
    assert.equal((await mix({ vocals: null, drums: null, bass: null, other: null })).status, 405)
    assert.equal((await mix({ vocals: 40 })).status, 400)
    assert.equal((await get('/music/999/mix', { method: 'POST', body: '{}' })).status, 404)
  })

  test('The last eight mixes with gains are kept', async () => {
    const files: string[] = []
    for (let decibels = 1; decibels <= 10; decibels++) files.push((await mix({ vocals: -decibels })).file)
    await rendered(files.at(-1) ?? '')
    await until('the oldest is gone', async () => (await get(files[0] ?? '')).status === 410)
    assert.equal((await get(files[5] ?? '')).status, 200)
  })
})
