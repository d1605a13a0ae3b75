import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openEncoder } from '../../../src/audio/media.ts'
import type { Health, Music } from '../../../src/listen/schemas.ts'
import { SAMPLE_RATE } from '../../../src/song/pcm.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, filesBelow, type System, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

/** 51 MB: a song of 15 s takes 34 MB while it is separated, so one of two fits. */
const MAX_DATA_GB = '0.05'
const LARGE_BYTES = 45 << 20

type Answer = { status: number; code: string; error: string }

describe('A server with a quota for its disk space', () => {
  let system: System
  let api: ReturnType<typeof client>
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-quota-'))
    system = await startSystem({ WORKERS_HEALTHY: '0', MAX_DATA_GB })
    api = client(system.url)
  })
  after(async () => {
    await system.remove()
    await rm(folder, { recursive: true, force: true })
  })

  async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(`${system.url}${path}`, init)
    const answer = (await response.json().catch(() => ({}))) as { code: string; error: string }
    if (response.status === 507) assert.match(response.headers.get('retry-after') ?? '', /^\d+$/)
    return { ...answer, status: response.status }
  }

  const upload = (bytes: Uint8Array, query = '') =>
    ask(`/music?filename=a.flac${query}`, { method: 'POST', body: new Uint8Array(bytes) })
  const keep = ({ music_id }: Music) => ask(`/music/${music_id}`, { method: 'POST', body: '["vocals"]' })
  const songFolders = () => readdir(join(system.folder, 'songs'))

  /** FLAC that announces so many samples (STREAMINFO, RFC 9639, section 8.2). */
  async function flacOf(
    seconds: number,
    saidSeconds: number,
    song: Int16Array = new Int16Array(seconds * SAMPLE_RATE * 2),
  ) {
    const path = join(folder, 'song.flac')
    const encoder = openEncoder({ path, format: 'flac', tags: { title: '', artist: '', album: '' }, picture: null })
    await encoder.write(Buffer.from(song.buffer))
    await encoder.finish()
    const bytes = await readFile(path)
    bytes.writeUInt32BE(saidSeconds * SAMPLE_RATE, 22)
    return bytes
  }

  test('A song whose stems will not fit is refused, however small its file, and nothing of it is kept', async () => {
    const { status, code, error } = await upload(await flacOf(60, 175 * 60))
    assert.deepEqual([status, code], [507, 'no-room'])
    assert.match(error, /may take 10\.\d GB, and of the 52 MB for all songs \d+ MB are left/)
    assert.match(error, /Delete songs .* or raise MAX_DATA_GB/)
    assert.deepEqual(await songFolders(), [])
    assert.deepEqual(await filesBelow(join(system.folder, 'incoming')), [])
  })

  test('A progressive upload whose stems will not fit is refused before the rest of it comes', async () => {
    const bytes = await flacOf(20, 175 * 60, makeSong(20))
    assert.ok(bytes.length > 1.2 * 2 ** 20)
    const answer = await new Promise<number>((resolve, reject) => {
      const headers = { 'content-length': 20 * bytes.length }
      const path = `${system.url}/music?filename=a.flac&arrival=one`
      const sending = request(path, { method: 'POST', headers }, ({ statusCode }) => resolve(statusCode ?? 0))
      sending.on('error', reject)
      sending.write(bytes)
      // More bytes come now and then, as over a slow connection.
      const more = setInterval(() => sending.write(Buffer.alloc(100_000)), 50)
      sending.on('response', () => clearInterval(more))
    })
    assert.equal(answer, 507)
    assert.deepEqual(await songFolders(), [])
  })

  test('An upload whose announced length will not fit is refused before it comes', async () => {
    const status = await new Promise<number>((resolve, reject) => {
      const headers = { 'content-length': 100 << 20 }
      const sending = request(`${system.url}/music`, { method: 'POST', headers }, (answer) => {
        resolve(answer.statusCode ?? 0)
        sending.destroy()
      })
      sending.on('error', reject)
      sending.write(Buffer.alloc(1_000))
    })
    assert.equal(status, 507)
  })

  test('An upload is taken as soon as there is free space, a moment after another was refused', async () => {
    const filler = join(system.folder, 'filler')
    const song = await flacOf(1, 1)
    await writeFile(filler, Buffer.alloc(60 << 20))
    await until('the filler is noticed', async () => (await upload(song)).status === 507, { everyMs: 200 })
    await rm(filler)
    assert.equal((await upload(song)).status, 200)
    await api.json('/reset', { method: 'POST' })
  })

  test('An upload without a length is refused when it proves too long', async () => {
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1 << 20)),
    })
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit
    const { status } = await fetch(`${system.url}/music`, init)
    assert.equal(status, 507)
    await until('nothing of it is left', async () => (await filesBelow(join(system.folder, 'incoming'))).length === 0)
  })

  let songs: Music[]
  test('Of two songs asked for at once that do not fit together, one is taken', async () => {
    songs = [await api.upload(wavOf(makeSong(15, 1))), await api.upload(wavOf(makeSong(15, 2)))]
    const answers = await Promise.all(songs.map(keep))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 507])
    if (answers[0]?.status === 507) songs.reverse()
    const refused = await api.progress(songs[1]?.music_id ?? 0)
    assert.deepEqual([refused.state, refused.tracks], ['added', []], 'of the other nothing has begun')
  })

  test('After a restart the server still reserves the space that a song in work will take', async () => {
    await system.restart()
    assert.equal((await keep(songs[1] as Music)).status, 507)
    assert.equal((await keep(songs[0] as Music)).status, 200, 'the one in work goes on')
  })

  test('Deleting one song frees space for another, and it cannot be restored meanwhile', async () => {
    const path = `/music/${songs[0]?.music_id}`
    assert.equal((await ask(path, { method: 'DELETE' })).status, 200)
    await until('there is free space', async () => (await keep(songs[1] as Music)).status === 200)
    assert.equal((await ask(`${path}/restore`, { method: 'POST' })).status, 507)
    assert.equal((await ask(path)).status, 404)
  })

  test('Decoding ends for a song that is longer than announced, and only its upload is kept', async () => {
    assert.equal((await ask('/reset', { method: 'POST' })).status, 200)
    const { music_id } = await api.upload(await flacOf(600, 1))
    await until(
      'it is asked for',
      async () => (await ask(`/music/${music_id}`, { method: 'POST', body: '["vocals"]' })).status === 200,
    )
    const { error } = await until('it has failed', async () => {
      const progress = await api.progress(music_id)
      return progress.state === 'failed' && progress
    })
    assert.match(error ?? '', /no room left for the rest of this song/)
    const made = async () => (await readdir(join(system.folder, 'songs', String(music_id)))).sort()
    await until('what was made is gone', async () => (await made()).join() === 'original,person.json,song.json')
  })
})

describe('A server whose quota is used up', () => {
  let system: System
  let api: ReturnType<typeof client>
  let music: Music

  before(async () => {
    system = await startSystem({ WORKERS_HEALTHY: '1', MAX_DATA_GB })
    api = client(system.url)
    music = await api.upload(wavOf(makeSong(4)))
    await api.keep(music.music_id, ['instrumental'])
    await api.ready(music.music_id)
  })
  after(() => system.remove())

  const statusOf = async (path: string, init: RequestInit = {}) => (await fetch(`${system.url}${path}`, init)).status
  const mix = () =>
    statusOf(`/music/${music.music_id}/mix`, { method: 'POST', body: JSON.stringify({ gains: { vocals: -3 } }) })
  const keepOthers = () => statusOf(`/music/${music.music_id}`, { method: 'POST', body: '["drums"]' })
  const flac = async () => {
    const { instruments } = await api.progress(music.music_id)
    return statusOf(`${new URL(instruments[0]?.track ?? '').pathname}?format=flac`)
  }
  const filler = () => join(system.folder, 'songs', String(music.music_id), 'filler')

  test('A server without free space says so, serves what it has, and makes nothing new', async () => {
    await writeFile(filler(), Buffer.alloc(LARGE_BYTES, 1))
    await system.restart()
    assert.deepEqual([await mix(), await keepOthers(), await flac()], [507, 507, 507])
    assert.equal(await statusOf(`/music/${music.music_id}/stems/${music.tracks[0]?.track_id}/0`), 200)
    assert.equal(await statusOf(new URL((await api.progress(music.music_id)).final ?? '').pathname), 200)
    const { reasons } = (await (await fetch(`${system.url}/healthz`)).json()) as Health
    assert.ok(
      reasons.some((reason) => /^Only \d+ MiB are left for songs/.test(reason)),
      reasons.join(' '),
    )
    const metrics = await (await fetch(`${system.url}/metrics`)).text()
    assert.match(metrics, /^minus_one_room_bytes \d{1,7}$/m)
  })

  test('A server without free space goes on when a file was removed', async () => {
    await rm(filler())
    await until('a mix is taken', async () => (await mix()) === 202)
    assert.deepEqual([await keepOthers(), await flac()], [200, 200])
  })
})
