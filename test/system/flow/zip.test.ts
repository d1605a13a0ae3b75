import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { decode } from '../../../src/audio/media.ts'
import { BYTES_PER_STEREO_SAMPLE, SAMPLE_RATE } from '../../../src/song/pcm.ts'
import { allPids, nicenessOf, ownerOfPort, parentOf, titleOf } from '../../support/proc.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, type System, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const SECONDS = 12
const WAV_HEADER_BYTES = 44
/** As in `src/audio/media/media-process.ts`. */
const STRETCHER_NICENESS = 10
const STEMS = ['vocals', 'drums', 'bass', 'other']

const run = promisify(execFile)

describe('Everything of a song as one zip', () => {
  let system: System
  let api: ReturnType<typeof client>
  let folder: string
  let id: number

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-zip-'))
    system = await startSystem({ WORKERS_HEALTHY: '1' })
    api = client(system.url)
    id = (await api.upload(wavOf(makeSong(SECONDS)), 'Été.wav')).music_id
  })
  after(async () => {
    await system.remove()
    await rm(folder, { recursive: true, force: true })
  })

  /** Fetches the zip with curl, tests it and unpacks it. Returns its name and the names and paths of its files. */
  async function fetched(query: string): Promise<{ name: string; files: Map<string, string> }> {
    const at = await mkdtemp(join(folder, 'zip-'))
    const { stdout } = await run(
      '/usr/bin/curl',
      ['-sSfJO', '-w', '%header{content-disposition}', `${system.url}/music/${id}/zip?${query}`],
      { cwd: at },
    )
    const [file = ''] = await readdir(at)
    assert.match((await run('unzip', ['-t', join(at, file)])).stdout, /No errors detected/)
    await run('unzip', ['-q', join(at, file), '-d', join(at, 'all')])
    const names = (await readdir(join(at, 'all'))).sort()
    return {
      name: decodeURIComponent(/filename\*=UTF-8''(\S+)/.exec(stdout)?.[1] ?? ''),
      files: new Map(names.map((name) => [name, join(at, 'all', name)])),
    }
  }

  const namesOf = (words: string, extension: string) =>
    [...STEMS, 'minus vocals'].map((stem) => `Été (${stem}${words}).${extension}`).sort()

  async function samplesIn(path: string): Promise<number> {
    let bytes = 0
    for await (const pcm of decode({ path, maxSeconds: 1_000 }).pcm) bytes += pcm.length
    return bytes / BYTES_PER_STEREO_SAMPLE
  }

  /** The server's processes that change key and tempo now. */
  function stretchers(): number[] {
    const server = ownerOfPort(Number(new URL(system.url).port), allPids())
    return allPids().filter((pid) => {
      return (
        parentOf(pid) === server && titleOf(pid).startsWith('minus-one media') && nicenessOf(pid) === STRETCHER_NICENESS
      )
    })
  }

  test('A song that is not separated has no zip yet', async () => {
    const answer = await fetch(`${system.url}/music/${id}/zip`)
    assert.deepEqual([answer.status, ((await answer.json()) as { code: string }).code], [405, 'not-yet'])
    assert.equal((await fetch(`${system.url}/music/999/zip`)).status, 404)
    await api.keep(id, STEMS.slice(1))
    await api.ready(id)
    for (const query of ['format=midi', 'semitones=13', 'tempo=0']) {
      assert.equal((await fetch(`${system.url}/music/${id}/zip?${query}`)).status, 400, query)
    }
  })

  test('As recorded it holds the same bytes as the single downloads, under their names', async () => {
    const { name, files } = await fetched('format=wav')
    assert.equal(name, 'Été (all tracks).zip')
    assert.deepEqual([...files.keys()], namesOf('', 'wav'))
    const { final = '', instruments } = await api.progress(id)
    const links = new Map([['minus vocals', final], ...instruments.map((each) => [each.name, each.track] as const)])
    for (const [stem, link] of links) {
      const single = Buffer.from(await (await fetch(link)).arrayBuffer())
      assert.ok(single.equals(await readFile(files.get(`Été (${stem}).wav`) ?? '')), stem)
    }
  })

  test('In another key and tempo every file has the exact length of the tempo, in WAV, mp3 and Opus', async () => {
    const samples = Math.round((SECONDS * SAMPLE_RATE) / 0.8)
    const wav = await fetched('format=wav&semitones=-3&tempo=0.8')
    assert.equal(wav.name, 'Été (all tracks, −3 semitones, 80 %).zip')
    assert.deepEqual([...wav.files.keys()], namesOf(', −3 semitones, 80 %', 'wav'))
    for (const path of wav.files.values()) {
      assert.equal((await stat(path)).size, WAV_HEADER_BYTES + samples * BYTES_PER_STEREO_SAMPLE)
    }
    for (const format of ['mp3', 'opus']) {
      const { files } = await fetched(`format=${format}&tempo=0.8`)
      assert.deepEqual([...files.keys()], namesOf(', 80 %', format))
      const [first = ''] = files.values()
      assert.equal(await samplesIn(first), samples, format)
    }
  })

  test('A zip is the same as the mixes that are requested singly', async () => {
    const { files } = await fetched('format=wav&semitones=4')
    const answer = await fetch(`${system.url}/music/${id}/mix`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ gains: { vocals: null }, semitones: 4 }),
    })
    const { file } = (await answer.json()) as { file: string }
    const single = await until('the mix is rendered', async () => {
      const response = await fetch(`${system.url}${file}`)
      return response.ok && Buffer.from(await response.arrayBuffer())
    })
    assert.ok(single.equals(await readFile(files.get('Été (minus vocals, +4 semitones).wav') ?? '')))
  })

  test('A client that leaves ends the work, and a third zip in another key at a time is refused', async () => {
    const left = [new AbortController(), new AbortController()]
    const url = `${system.url}/music/${id}/zip?format=wav&tempo=0.25`
    const answers = await Promise.all(left.map(({ signal }) => fetch(url, { signal })))
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200],
    )
    const refused = await fetch(url)
    assert.deepEqual([refused.status, refused.headers.has('retry-after')], [429, true])
    await until('both are made', () => stretchers().length === 2)
    for (const controller of left) controller.abort()
    await until('the processes have ended', () => stretchers().length === 0)
    await until('another zip begins', async () => {
      const again = new AbortController()
      const { status } = await fetch(url, { signal: again.signal })
      again.abort()
      return status === 200
    })
    await until('incoming/ is empty', async () => (await readdir(join(system.folder, 'incoming'))).length === 0)
    assert.equal((await fetch(`${system.url}/healthz`)).status, 200)
    assert.doesNotMatch(system.log(), /ERROR|at .*\.ts:\d+/)
  })
})
