import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import type { Music, Peaks, Progress } from '../../../src/listen/schemas.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, type System, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

/** The stems of the bundled models. */
const BLOCK_SAMPLES = 163_840

describe('The HTTP API with the embedded broker', () => {
  let system: System
  let api: ReturnType<typeof client>
  const song = makeSong(14)

  before(async () => {
    system = await startSystem({ WORKERS_HEALTHY: '2' })
    api = client(system.url)
  })
  after(() => system.remove())

  const status = async (path: string, init?: RequestInit) => (await fetch(`${system.url}${path}`, init)).status

  /** A request with headers that fetch would change. */
  const rawStatus = (path: string, headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve) => {
      request(`${system.url}${path}`, { headers }, ({ statusCode }) => resolve(statusCode)).end()
    })

  test('A song is uploaded, separated and mixed without the voice; its stems add up to the song', async () => {
    const music = await api.upload(wavOf(song), 'Queen - Another One.wav')
    assert.equal(music.name, 'Another One')
    assert.equal(music.band, 'Queen')
    assert.deepEqual(
      music.tracks.map(({ name }) => name),
      ['vocals', 'drums', 'bass', 'other'],
    )
    const [vocals, drums, bass, other] = music.tracks
    const before = await api.progress(music.music_id)
    assert.equal(before.progress, 0)
    assert.equal(before.state, 'added')

    await api.keep(music.music_id, [bass?.track_id])
    const ready = await api.ready(music.music_id)
    assert.deepEqual(ready.instruments.map(({ name }) => name).sort(), ['bass', 'drums', 'other', 'vocals'])
    const stems = await Promise.all(ready.instruments.map(({ track }) => api.sound(track)))
    const final = await api.sound(ready.final ?? '')
    const bassAt = ready.instruments.findIndex(({ name }) => name === 'bass')
    assert.ok(final.equals(stems[bassAt] ?? Buffer.alloc(0)), 'the mix of one track is that track')
    for (let i = 0; i < song.length; i++) {
      const sum = stems.reduce((total, stem) => total + stem.readInt16LE(2 * i), 0)
      assert.equal(sum, song[i], `at value ${i}`)
    }

    const rest = await api.keep(music.music_id, { tracks: ['instrumental'] })
    assert.deepEqual(rest.tracks, [drums?.track_id, bass?.track_id, other?.track_id], 'all but the voice')

    const again = await api.keep(music.music_id, { tracks: ['vocals', ...rest.tracks] })
    assert.deepEqual(again.tracks, [vocals?.track_id, ...rest.tracks])
    const whole = await api.ready(music.music_id)
    assert.ok((await api.sound(whole.final ?? '')).equals(Buffer.from(song.buffer)), 'all tracks kept is the song')
    const jobs = await api.json<number[]>(`/job?music_id=${music.music_id}`)
    assert.equal(jobs.length, Math.ceil(song.length / 2 / BLOCK_SAMPLES), 'nothing was separated again')
    const job = await api.json<Record<string, unknown>>(`/job/${jobs[0]}`)
    assert.equal(job['music_id'], music.music_id)
    assert.equal(job['state'], 'done')
    assert.deepEqual(job['track_id'], [vocals?.track_id, ...rest.tracks])
  })

  test('A multipart form uploads a song under any file name', async () => {
    const form = new FormData()
    form.set('anything', new File([new Uint8Array(wavOf(makeSong(2)))], 'Пісня – 日本語 🎤.wav'))
    const music = await api.json<Music>('/music', { method: 'POST', body: form })
    assert.equal(music.name, '日本語 🎤')
    assert.equal(music.band, 'Пісня')
    assert.ok((await api.json<Music[]>('/music')).some(({ music_id }) => music_id === music.music_id))
    await api.keep(music.music_id, { instruments: ['vocals'] })
    const { final } = await api.ready(music.music_id)
    const { headers } = await fetch(`${final}?download`)
    const disposition = headers.get('content-disposition') ?? ''
    assert.ok(decodeURIComponent(disposition).includes('Пісня - 日本語 🎤 (vocals).wav'), disposition)
  })

  test('Sound files support ranges and ETags, and come in other formats', async () => {
    const music = await api.upload(wavOf(makeSong(3, 2)))
    await api.keep(music.music_id, [music.tracks[0]?.track_id])
    const { final = '' } = await api.ready(music.music_id)
    const part = await fetch(final, { headers: { range: 'bytes=44-143' } })
    assert.equal(part.status, 206)
    assert.equal((await part.arrayBuffer()).byteLength, 100)
    const etag = part.headers.get('etag') ?? ''
    assert.equal(await rawStatus(new URL(final).pathname, { 'if-none-match': etag }), 304)
    const magic = { flac: 'fLaC', mp3: 'ID3', m4a: 'ftyp', opus: 'OggS' }
    for (const [format, mark] of Object.entries(magic)) {
      const response = await fetch(`${final}?format=${format}`)
      assert.equal(response.status, 200)
      const bytes = Buffer.from(await response.arrayBuffer())
      assert.ok(bytes.subarray(0, 16).includes(mark), format)
    }
    assert.equal(await status(`${new URL(final).pathname}?format=midi`), 400)
  })

  test('A final block of a stem is served as FLAC; one that is not final is refused with its reason', async () => {
    const music = await api.upload(wavOf(makeSong(3, 3)))
    const path = `/music/${music.music_id}/stems/${music.tracks[0]?.track_id}/0`
    const early = await fetch(`${system.url}${path}`)
    assert.equal(early.status, 404)
    assert.equal(((await early.json()) as { code: string }).code, 'not-yet')
    assert.ok(early.headers.has('retry-after'))
    await api.keep(music.music_id, [music.tracks[0]?.track_id])
    await api.ready(music.music_id)
    const flac = await fetch(`${system.url}${path}`)
    assert.equal(flac.headers.get('content-type'), 'audio/flac')
    assert.equal(Buffer.from(await flac.arrayBuffer()).toString('latin1', 0, 4), 'fLaC')
    const grid = await api.json<{ total: number; segments: { state: string }[] }>(`/music/${music.music_id}/segments`)
    assert.equal(grid.total, 1)
    assert.equal(grid.segments[0]?.state, 'final')
  })

  test('Waveforms reach as far as the song is separated, in the number of peaks that is asked for', async () => {
    const { music_id, tracks } = await api.upload(wavOf(song))
    const peaks = async (query: string) => (await api.json<Peaks>(`/music/${music_id}/peaks?${query}`)).tracks
    assert.ok(
      (await peaks('bins=10')).every((track) => track.peaks.every((peak) => peak === 0)),
      'nothing yet',
    )
    await api.keep(music_id, [tracks[0]?.track_id])
    await api.ready(music_id)
    const all = await peaks('bins=10')
    assert.deepEqual(
      all.map(({ track_id }) => track_id),
      tracks.map(({ track_id }) => track_id),
    )
    assert.ok(all.some((track) => track.peaks.length === 10 && track.peaks.every((peak) => peak > 0)))
    const [one, ...others] = await peaks(`bins=500&track=${tracks[1]?.track_id}`)
    assert.deepEqual([one?.track_id, one?.peaks.length, others], [tracks[1]?.track_id, 500, []])
    assert.equal(await status(`/music/${music_id}/peaks?track=999`), 404)
    assert.equal(await status(`/music/${music_id}/peaks?bins=1000000`), 400)
  })

  test('Unknown things answer 404, tracks that cannot be kept 405, and bodies that are not JSON 400', async () => {
    const { music_id } = await api.upload(wavOf(makeSong(1)))
    assert.equal(await status('/music/999999'), 404)
    assert.equal(await status('/music/abc'), 404)
    assert.equal(await status('/music/-1'), 404)
    assert.equal(await status('/job/999999'), 404)
    assert.equal(await status('/job/x'), 404)
    assert.equal(await status('/file/999999'), 404)
    assert.equal(await status('/file/1e9'), 404)
    const listen = (id: number, playhead: unknown) =>
      status(`/music/${id}/playhead`, { method: 'POST', body: JSON.stringify(playhead) })
    const [known] = await api.json<Music[]>('/music')
    assert.equal(await listen(known?.music_id ?? 0, { seconds: 3.5, listener: 'me' }), 200)
    assert.equal(await listen(999_999, { seconds: 3.5, listener: 'me' }), 404)
    for (const wrong of [{ seconds: -1, listener: 'me' }, { seconds: 1 }, { seconds: '1', listener: 'me' }, []]) {
      assert.equal(await listen(known?.music_id ?? 0, wrong), 400)
    }
    assert.equal(await status('/nothing'), 404)
    const post = (body: string, id: number | string = music_id) => status(`/music/${id}`, { method: 'POST', body })
    assert.equal(await post('[1]', 999_999), 404)
    assert.equal(await post('[999999]'), 405)
    assert.equal(await post('["kazoo"]'), 405)
    assert.equal(await post('[]'), 405)
    assert.equal(await post('{"tracks":[]}'), 405)
    assert.equal(await post('no json'), 400)
    assert.equal(await post('{"other":1}'), 400)
    assert.equal((await api.progress(music_id)).state, 'added', 'nothing was started')
  })

  test('Requests from a page of another site, or to another host name, answer 403', async () => {
    assert.equal(await status('/reset', { method: 'POST', headers: { origin: 'http://evil.example' } }), 403)
    assert.equal(await status('/music', { headers: { origin: 'null' } }), 403)
    assert.equal(await rawStatus('/music', { host: 'evil.example' }), 403)
    assert.equal(await status('/music', { headers: { origin: system.url } }), 200)
  })

  test('The event stream sends the present state first, then every change', async () => {
    const stop = new AbortController()
    const response = await fetch(`${system.url}/events`, { signal: stop.signal })
    let text = ''
    const reading = (async () => {
      for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString()
    })().catch(() => undefined)
    await until('the workers are told', () => text.includes('event: workers'))
    const music = await api.upload(wavOf(makeSong(2, 5)), 'told.wav')
    await api.keep(music.music_id, [music.tracks[0]?.track_id])
    await api.ready(music.music_id)
    await until('the end is told', () => text.includes(`"progress":100`) && text.includes('event: stretch'))
    stop.abort()
    await reading
  })

  test('Deleting a song removes its files; a reset removes everything, and ids are not used again', async () => {
    const music = await api.upload(wavOf(makeSong(2, 6)))
    await api.keep(music.music_id, [music.tracks[0]?.track_id])
    const { final = '' } = await api.ready(music.music_id)
    assert.equal(await status(`/music/${music.music_id}`, { method: 'DELETE' }), 200)
    assert.equal(await status(`/music/${music.music_id}`, { method: 'DELETE' }), 404)
    assert.equal((await fetch(final)).status, 410)

    const busy = await api.upload(wavOf(makeSong(40, 7)))
    await api.keep(busy.music_id, [busy.tracks[0]?.track_id])
    await until('it is being separated', async () => (await api.progress(busy.music_id)).chunks.running > 0)
    assert.equal(await status('/reset', { method: 'POST' }), 200)
    assert.deepEqual(await api.json('/music'), [])
    assert.deepEqual(await api.json('/job'), [])
    const next = await api.upload(wavOf(makeSong(2, 8)))
    assert.ok(next.music_id > busy.music_id)
    await api.keep(next.music_id, [next.tracks[0]?.track_id])
    const progress: Progress = await api.ready(next.music_id)
    assert.equal(progress.chunks.done, 1)
  })

  test('The server serves its OpenAPI document and the documentation made of it', async () => {
    const { openapi, paths } = await api.json<{ openapi: string; paths: Record<string, unknown> }>('/openapi.json')
    assert.match(openapi, /^3\.1/)
    for (const path of ['/music', '/music/{music_id}', '/job', '/job/{job_id}', '/reset', '/file/{file_id}'])
      assert.ok(paths[path], path)
    assert.equal(await status('/docs'), 200)
    assert.equal(await status('/'), 200)
  })
})
