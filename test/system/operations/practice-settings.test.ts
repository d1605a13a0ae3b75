import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { PracticeSettings } from '../../../src/song/practice-settings.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, type System, startProcess, startSystem } from '../../support/system.ts'

const LEDGER = ['ledger.sqlite', 'ledger.sqlite-wal', 'ledger.sqlite-shm']
const SETTINGS: PracticeSettings = {
  mix: { gains: { vocals: -6 }, muted: ['vocals'], solo: [], pan: { vocals: 0.5 } },
  semitones: -3,
  tempo: 0.8,
  loop: { start: 0.1, end: 0.4 },
  markers: [{ seconds: 0.2, name: 'Refrain ♪' }],
}
const FASTER = { ...SETTINGS, tempo: 0.9 }

describe('Practice settings of a server that is killed as soon as it has answered', () => {
  let folder: string
  let data: string
  let system: System
  let songId: number

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-practice-'))
    data = join(folder, 'data')
    system = await start()
    songId = (await client(system.url).upload(wavOf(makeSong(0.5)))).music_id
  })
  after(async () => {
    await system.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const start = (at = data) => startSystem({ WORKERS_HEALTHY: '0', DATA_DIR: at })

  async function killAndStart(): Promise<void> {
    await system.stop('SIGKILL')
    system = await start()
  }

  /** Makes a new ledger in the place of a lost one. */
  async function recover(at: string): Promise<void> {
    for (const name of LEDGER) await rm(join(at, name), { force: true })
    const recovery = startProcess(['recover', '--data-dir', at])
    assert.equal(await recovery.ended, 0, recovery.log())
  }

  function ask(init: RequestInit = {}, of = system): Promise<Response> {
    return fetch(`${of.url}/music/${songId}/practice`, init)
  }

  async function save(settings: PracticeSettings, version: number): Promise<void> {
    const headers = { 'if-match': `"${version}"` }
    assert.equal((await ask({ method: 'PUT', headers, body: JSON.stringify(settings) })).status, 200)
  }

  async function assertSaved(settings: PracticeSettings, { version, of }: { version: number; of?: System }) {
    const answer = await ask({}, of)
    assert.deepEqual([await answer.json(), answer.headers.get('etag')], [settings, `"${version}"`])
  }

  async function assertIn(copy: string): Promise<void> {
    const restored = await start(copy)
    try {
      await assertSaved(SETTINGS, { version: 3, of: restored })
    } finally {
      await restored.stop()
    }
  }

  test('are there again with their version, each time they were changed', async () => {
    await save(SETTINGS, 0)
    await killAndStart()
    await assertSaved(SETTINGS, { version: 1 })
    await save(FASTER, 1)
    await killAndStart()
    await assertSaved(FASTER, { version: 2 })
  })

  test('come back from the record beside the song if the ledger is lost with the kill', async () => {
    await save(SETTINGS, 2)
    await system.stop('SIGKILL')
    await recover(data)
    system = await start()
    await assertSaved(SETTINGS, { version: 3 })
  })

  test('are in a backup, in its ledger and in the record beside the song', async () => {
    const copy = join(folder, 'copy')
    assert.equal(await startProcess(['backup', copy, '--data-dir', data]).ended, 0)
    await assertIn(copy)
    await recover(copy)
    await assertIn(copy)
  })

  test('come back with a deleted song that is restored', async () => {
    const api = client(system.url)
    await api.json(`/music/${songId}`, { method: 'DELETE' })
    assert.equal((await ask()).status, 404)
    await killAndStart()
    await client(system.url).json(`/music/${songId}/restore`, { method: 'POST' })
    await assertSaved(SETTINGS, { version: 3 })
  })

  test('are gone after a reset, also for the next song', async () => {
    const api = client(system.url)
    await api.json('/reset', { method: 'POST' })
    assert.equal((await ask()).status, 404)
    songId = (await api.upload(wavOf(makeSong(0.5)))).music_id
    assert.equal((await ask()).headers.get('etag'), '"0"')
  })
})
