import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { cp, mkdtemp, open, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import type { Music, Progress } from '../../../src/listen/schemas.ts'
import type { PracticeSettings } from '../../../src/song/practice-settings.ts'
import { FAULT_MODEL, installFaultModel } from '../../faults/model.ts'
import { assertIdentical, faultSong, References } from '../../faults/oracle.ts'
import { client, type System, startProcess, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const LEDGER = ['ledger.sqlite', 'ledger.sqlite-wal', 'ledger.sqlite-shm']
const SONG = faultSong(5, 31)
const HALF_SONG = faultSong(20, 32)

let folder: string
let models: string
let references: References
/** A data folder with a song that is separated, one that is half so, one that was deleted; its server was killed. */
let original: string
const ids = { done: 0, half: 0, deleted: 0 }
let wasDone: Progress
let mixFile: string
let mixSound: Buffer

const PRACTICE: PracticeSettings = {
  mix: { gains: { bass: -6 }, muted: ['vocals'], solo: [], pan: { drums: 0.5 } },
  semitones: -3,
  tempo: 0.8,
  loop: { start: 0.5, end: 1.5 },
  markers: [{ seconds: 1, name: 'Refrain ♪' }],
}

const settings = (data: string, workers = 0) => ({
  DATA_DIR: data,
  MODELS_DIR: models,
  MODEL: FAULT_MODEL,
  WORKERS_HEALTHY: String(workers),
})

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'minus-one-recover-'))
  models = join(folder, 'models')
  await installFaultModel(models)
  references = new References(join(folder, 'references'), models)
  original = join(folder, 'original')
  const system = await startSystem(settings(original, 1))
  const api = client(system.url)
  const [done, deleted, half] = [
    await api.upload(SONG.wav, 'Someone - Something.wav'),
    await api.upload(SONG.wav, 'deleted.wav'),
    await api.upload(HALF_SONG.wav, 'half.wav'),
  ]
  Object.assign(ids, { done: done.music_id, deleted: deleted.music_id, half: half.music_id })
  await api.keep(ids.done, ['vocals', 'bass'])
  await api.ready(ids.done)
  const headers = { 'content-type': 'application/json' }
  const mix = { gains: { vocals: null, drums: -6 }, pan: { bass: 0.5 }, semitones: -2, tempo: 0.8, format: 'wav' }
  const { file } = await api.json<{ file: string }>(`/music/${ids.done}/mix`, {
    method: 'POST',
    headers,
    body: JSON.stringify(mix),
  })
  mixFile = file
  mixSound = await soundOf(`${system.url}${file}`)
  const name = JSON.stringify({ name: 'Ein schöner Name ✓', band: 'Leute' })
  await api.json(`/music/${ids.done}`, { method: 'PATCH', headers, body: name })
  await savePractice(system.url, PRACTICE, 0)
  await api.json(`/music/${ids.deleted}`, { method: 'DELETE' })
  wasDone = await api.progress(ids.done)
  await api.keep(ids.half, ['drums'])
  await until('half of it is there', async () => (await api.progress(ids.half)).chunks.done >= 8)
  await system.stop('SIGKILL')
})
after(() => rm(folder, { recursive: true, force: true }))

async function savePractice(url: string, settings: PracticeSettings, version: number): Promise<void> {
  await client(url).json(`/music/${ids.done}/practice`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'if-match': `"${version}"` },
    body: JSON.stringify(settings),
  })
}

/** What a file holds as soon as it is there. */
async function soundOf(url: string): Promise<Buffer> {
  return until('the mix is there', async () => {
    const answer = await fetch(url)
    return answer.ok && Buffer.from(await answer.arrayBuffer())
  })
}

async function copy(name: string): Promise<string> {
  const data = join(folder, name)
  await cp(original, data, { recursive: true })
  return data
}

async function run(...words: string[]): Promise<{ code: number | null; said: string }> {
  const process_ = startProcess(words, { MODELS_DIR: models, MODEL: FAULT_MODEL })
  return { code: await process_.ended, said: process_.log() }
}

async function refusal(data: string): Promise<{ code: number | null; said: string }> {
  const server = startProcess(['serve'], { ...settings(data), PORT: '0', BROKER_LISTEN: '127.0.0.1:0' })
  const code = await server.ended
  return { code, said: server.log() }
}

/** Starts a server without workers on a recovered folder: what is ready there was not separated again. */
async function assertAllThere(data: string): Promise<void> {
  const system: System = await startSystem(settings(data))
  try {
    const api = client(system.url)
    const progress = await api.ready(ids.done)
    assert.deepEqual(
      [progress.instruments.map(({ track }) => new URL(track).pathname), progress.tracks],
      [wasDone.instruments.map(({ track }) => new URL(track).pathname), wasDone.tracks],
      'links and tracks are what they were',
    )
    await assertIdentical(system.url, ids.done, await references.of(SONG))
    const song = (await api.json<Music[]>('/music')).find(({ music_id }) => music_id === ids.done)
    assert.deepEqual([song?.name, song?.band], ['Ein schöner Name ✓', 'Leute'])
    const practice = await fetch(`${system.url}/music/${ids.done}/practice`)
    assert.deepEqual([await practice.json(), practice.headers.get('etag')], [PRACTICE, '"1"'])
    assert.ok((await soundOf(`${system.url}${mixFile}`)).equals(mixSound), 'the mix is what it was')
    assert.equal((await fetch(`${system.url}/music/${ids.deleted}`)).status, 404, 'what was deleted stays so')
    assert.equal((await fetch(`${system.url}/music/${ids.deleted}/restore`, { method: 'POST' })).status, 200)
    const half = await api.progress(ids.half)
    assert.equal(half.state, 'waiting-for-workers')
    assert.ok(half.chunks.done > 0, 'what was separated of it is not separated again')
  } finally {
    await system.stop()
  }
  const workers = await startSystem(settings(data, 1))
  try {
    await assertIdentical(workers.url, ids.half, await references.of(HALF_SONG))
  } finally {
    await workers.stop()
  }
}

describe('songs in a data folder', () => {
  test('are neither served nor touched with an empty ledger, and recover restores everything', async () => {
    const data = await copy('lost')
    for (const name of LEDGER) await rm(join(data, name), { force: true })
    for (let start = 0; start < 2; start++) {
      const { code, said } = await refusal(data)
      assert.deepEqual(
        [code, /holds 3 songs, but not the ledger.*minus-one recover --data-dir/s.test(said)],
        [1, true],
        said,
      )
      assert.doesNotMatch(said, /at .*\.ts:\d+/)
    }
    const recovered = await run('recover', '--data-dir', data)
    assert.equal(recovered.code, 0, recovered.said)
    assert.match(recovered.said, /Leute - Ein schöner Name ✓: whole, with its stems/)
    const again = await run('recover', '--data-dir', data)
    assert.deepEqual([again.code, /Known before: 3 songs\. Recovered: 0 songs/.test(again.said)], [0, true], again.said)
    await assertAllThere(data)
  })

  test('are not served with a new ledger either', async () => {
    const data = await copy('fresh')
    for (const name of LEDGER) await rm(join(data, name), { force: true })
    const elsewhere = await startSystem(settings(join(folder, 'elsewhere')))
    await elsewhere.stop()
    await cp(join(folder, 'elsewhere', 'ledger.sqlite'), join(data, 'ledger.sqlite'))
    assert.match((await refusal(data)).said, /holds 3 songs, but not the ledger/)
    assert.equal((await run('recover', '--data-dir', data)).code, 0)
    await assertAllThere(data)
  })

  test('that are newer than the ledger keep their place and number, and recover adds them', async () => {
    const old = join(folder, 'old')
    const system = await startSystem(settings(old, 1))
    const api = client(system.url)
    const { music_id: first } = await api.upload(SONG.wav, 'first.wav')
    await system.stop()
    await cp(join(old, 'ledger.sqlite'), join(folder, 'older.sqlite'))
    const later = await startSystem(settings(old, 1))
    const { music_id: second } = await client(later.url).upload(SONG.wav, 'second.wav')
    await client(later.url).keep(second, ['vocals'])
    await client(later.url).ready(second)
    await later.stop()
    await cp(join(folder, 'older.sqlite'), join(old, 'ledger.sqlite'))

    const restored = await startSystem(settings(old, 1))
    assert.match(restored.log(), new RegExp(`does not know 1 of the songs in .*\\(${second}\\).*minus-one recover`))
    const { music_id: third } = await client(restored.url).upload(SONG.wav, 'third.wav')
    assert.ok(third > second, 'its number is not given to another song')
    assert.ok(existsSync(join(old, 'songs', String(second), 'original')))
    await restored.stop()

    const recovered = await run('recover', '--data-dir', old)
    assert.match(recovered.said, /Known before: 2 songs\. Recovered: 1 song/)
    const whole = await startSystem(settings(old))
    try {
      // The tracks of the second and the third song had the same ids.
      const songs = await client(whole.url).json<Music[]>('/music')
      assert.deepEqual(
        songs.map(({ music_id, name }) => [music_id, name]),
        [
          [first, 'first'],
          [second, 'second'],
          [third, 'third'],
        ],
      )
      assert.equal(new Set(songs.flatMap(({ tracks }) => tracks.map(({ track_id }) => track_id))).size, 12)
      await assertIdentical(whole.url, second, await references.of(SONG))
    } finally {
      await whole.remove()
    }
  })

  test('that are missing, as with a disk that is not mounted, keep the server from starting', async () => {
    const data = await copy('not-mounted')
    await rename(join(data, 'songs'), join(folder, 'the-disk'))
    const { code, said } = await refusal(data)
    assert.deepEqual(
      [code, /contains songs \([\d, ]+\), but none of them is in .*If a disk is not mounted/s.test(said)],
      [1, true],
      said,
    )
    assert.equal(existsSync(join(data, 'songs')), false)
    await rename(join(folder, 'the-disk'), join(data, 'songs'))
    await assertAllThere(data)
  })

  test('are not served with the ledger of another data folder', async () => {
    const data = await copy('of-another')
    for (const name of LEDGER) await rm(join(data, name), { force: true })
    const elsewhere = await startSystem(settings(join(folder, 'another')))
    await client(elsewhere.url).upload(SONG.wav)
    await elsewhere.stop()
    await cp(join(folder, 'another', 'ledger.sqlite'), join(data, 'ledger.sqlite'))
    assert.match((await refusal(data)).said, /belongs to another data folder\. Nothing was touched.*minus-one recover/s)
    assert.match((await run('recover', '--data-dir', data)).said, /belongs to another data folder\. It was moved to/)
    await assertAllThere(data)
  })

  test('keep changes of people that the ledger has lost, in the record beside the song', async () => {
    const data = await copy('lost-log')
    await folded(data)
    const log = join(data, 'ledger.sqlite-wal')
    const before = await readFile(log).catch(() => null)
    const system = await startSystem(settings(data))
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ name: 'Renamed at last' })
    await client(system.url).json(`/music/${ids.done}`, { method: 'PATCH', headers, body })
    await savePractice(system.url, { ...PRACTICE, tempo: 0.5 }, 1)
    await system.stop('SIGKILL')
    if (before) await writeFile(log, before)
    else await rm(log)
    const after = await startSystem(settings(data))
    await until('it is told', () => /its names and its mix were restored from person\.json/.test(after.log()))
    const songs = await client(after.url).json<Music[]>('/music')
    assert.ok(songs.some(({ name }) => name === 'Renamed at last'))
    const practice = await client(after.url).json<PracticeSettings>(`/music/${ids.done}/practice`)
    assert.equal(practice.tempo, 0.5)
    await after.stop()
  })

  test('with a damaged upload are named and left unchanged, and recover adds the others', async () => {
    const data = await copy('broken-upload')
    for (const name of LEDGER) await rm(join(data, name), { force: true })
    const broken = join(data, 'songs', String(ids.half))
    await rm(join(broken, 'song.json'))
    await writeFile(join(broken, 'original'), 'no sound at all')
    const names = readdirSync(broken)
    const { code, said } = await run('recover', '--data-dir', data)
    assert.equal(code, 1)
    assert.match(said, new RegExp(`song ${ids.half} could not be recovered: .*left as it is`))
    assert.match(said, /Recovered: 2 songs\. Not recovered: 1 song/)
    assert.deepEqual(readdirSync(broken), names)
  })
})

describe('a damaged ledger', () => {
  /** What may happen to it: without its log, since the killed server's would mend some of this. */
  const DAMAGES: Record<string, (ledger: string) => Promise<void>> = {
    'zero bytes': (ledger) => truncate(ledger, 0),
    'its second half gone': async (ledger) => truncate(ledger, Math.floor((await readFile(ledger)).length / 2)),
    'a page of noise': (ledger) => overwrite(ledger, 2 * 4096, noise(4096)),
    'a broken header': (ledger) => overwrite(ledger, 0, Buffer.from('no database')),
    'no database at all': (ledger) => writeFile(ledger, 'hello'.repeat(10_000)),
    'a bit flipped in what a song is separated by': async (ledger) => {
      const bytes = await readFile(ledger)
      const at = bytes.indexOf('"strideSamples"')
      assert.ok(at > 0)
      await overwrite(ledger, at, Buffer.from([0x22 ^ 0x01]))
    },
    'a table that is gone': async (ledger) => {
      const sqlite = new DatabaseSync(ledger)
      sqlite.exec('DROP TABLE attempts')
      sqlite.close()
    },
  }
  for (const [what, damage] of Object.entries(DAMAGES)) {
    test(`is found, reported and moved aside, and recover restores everything: ${what}`, async () => {
      const data = await copy(`damaged ${what}`)
      await folded(data)
      await damage(join(data, 'ledger.sqlite'))
      const { code, said } = await refusal(data)
      assert.equal(code, 1, said)
      assert.match(
        said,
        /is damaged: .*It was moved to .*ledger-damaged-.*3 songs beside it were not touched.*backup.*minus-one recover/s,
      )
      assert.doesNotMatch(said, /at .*\.ts:\d+/)
      assert.ok(readdirSync(data).some((name) => name.startsWith('ledger-damaged-')))
      assert.match((await refusal(data)).said, /holds 3 songs, but not the ledger/, 'it does not begin empty')
      assert.equal((await run('recover', '--data-dir', data)).code, 0)
      const system = await startSystem(settings(data))
      assert.deepEqual(
        (await client(system.url).json<Music[]>('/music')).map(({ music_id }) => music_id),
        [ids.done, ids.half],
      )
      await system.remove()
    })
  }

  test('is reported by doctor, which changes nothing', async () => {
    const data = await copy('doctor')
    await overwrite(join(data, 'ledger.sqlite'), 0, Buffer.from('no database'))
    const names = readdirSync(data)
    const { code, said } = await run('doctor', '--data-dir', data)
    assert.equal(code, 1)
    assert.match(said, /MISSING ledger: damaged: .*minus-one recover/s)
    assert.deepEqual(readdirSync(data), names)
  })

  test('never replaces a sound ledger in a backup', async () => {
    const data = await copy('backed-up')
    const backup = join(folder, 'backup')
    assert.equal((await run('backup', backup, '--data-dir', data)).code, 0)
    const before = await readFile(join(backup, 'ledger.sqlite'))
    await overwrite(join(data, 'ledger.sqlite'), 4096, noise(8192))
    for (const name of LEDGER.slice(1)) await rm(join(data, name), { force: true })
    const { code, said } = await run('backup', backup, '--data-dir', data)
    assert.deepEqual([code, /is damaged .*Nothing was copied.*minus-one recover/s.test(said)], [1, true], said)
    assert.deepEqual(await readFile(join(backup, 'ledger.sqlite')), before)
  })
})

/** Brings all of the write-ahead log into the ledger itself. */
async function folded(data: string): Promise<void> {
  const sqlite = new DatabaseSync(join(data, 'ledger.sqlite'))
  sqlite.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  sqlite.close()
}

async function overwrite(path: string, at: number, bytes: Buffer): Promise<void> {
  const file = await open(path, 'r+')
  await file.write(bytes, 0, bytes.length, at)
  await file.close()
}

function noise(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (index * 131 + 7) % 251))
}
