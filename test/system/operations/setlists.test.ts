import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Setlist } from '../../../src/listen/setlist-schemas.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, type System, startProcess, startSystem } from '../../support/system.ts'

const LEDGER = ['ledger.sqlite', 'ledger.sqlite-wal', 'ledger.sqlite-shm']

describe('Setlists of a server that is killed after each change', () => {
  let folder: string
  let data: string
  let system: System
  let songs: number[]
  let wanted: Setlist[]

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-setlists-'))
    data = join(folder, 'data')
    system = await start()
    songs = []
    for (const name of ['a.wav', 'b.wav', 'c.wav'])
      songs.push((await client(system.url).upload(wavOf(makeSong(0.5)), name)).music_id)
  })
  after(async () => {
    await system.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const start = (at = data) => startSystem({ WORKERS_HEALTHY: '0', DATA_DIR: at })
  const listed = (of = system) => client(of.url).json<Setlist[]>('/setlists')

  async function killAndStart(): Promise<void> {
    await system.stop('SIGKILL')
    system = await start()
  }

  async function ask(method: string, path: string, body?: unknown, headers = {}): Promise<Setlist> {
    const init = { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) }
    return client(system.url).json<Setlist>(path, init)
  }

  test('are there again in their order, changed, and with a deleted one to restore', async () => {
    const gig = await ask('POST', '/setlists', { name: 'Gig', songs: songs.toReversed() })
    await killAndStart()
    assert.deepEqual(await listed(), [gig])
    const path = `/setlists/${gig.setlist_id}`
    const put = await ask('PUT', path, { name: 'Gig 2', songs: songs.slice(0, 2) }, { 'if-match': '"1"' })
    await killAndStart()
    assert.deepEqual(await listed(), [put])
    await ask('DELETE', path)
    await killAndStart()
    assert.deepEqual(await listed(), [])
    wanted = [await ask('POST', `${path}/restore`)]
    assert.deepEqual(wanted[0]?.songs, songs.slice(0, 2))
  })

  test('are in a backup, which a server can be started on', async () => {
    const copy = join(folder, 'copy')
    assert.equal(await startProcess(['backup', copy, '--data-dir', data]).ended, 0)
    for (const name of LEDGER.slice(1)) await rm(join(copy, name), { force: true })
    const restored = await start(copy)
    assert.deepEqual(await listed(restored), wanted)
    await restored.stop()
    // The record alone is enough.
    for (const name of LEDGER) await rm(join(copy, name), { force: true })
    assert.equal(await startProcess(['recover', '--data-dir', copy]).ended, 0)
    const recovered = await start(copy)
    assert.deepEqual(
      (await listed(recovered)).map(({ setlist_id, name, songs: order }) => [setlist_id, name, order]),
      wanted.map(({ setlist_id, name, songs: order }) => [setlist_id, name, order]),
    )
    await recovered.stop()
  })

  test('come back with their ids from setlists.json when the ledger is lost', async () => {
    await system.stop('SIGKILL')
    for (const name of LEDGER) await rm(join(data, name), { force: true })
    const recover = startProcess(['recover', '--data-dir', data])
    assert.equal(await recover.ended, 0, recover.log())
    assert.match(recover.log(), /Setlists taken from setlists\.json: 1\./)
    system = await start()
    const [setlist] = await listed()
    assert.deepEqual([setlist?.setlist_id, setlist?.name, setlist?.songs], [1, 'Gig 2', songs.slice(0, 2)])
  })

  test('do not keep a server from starting when setlists.json is unreadable, and it is moved aside', async () => {
    const before = await listed()
    await system.stop()
    await writeFile(join(data, 'setlists.json'), 'no JSON')
    system = await start()
    assert.match(system.log(), /setlists\.json is unreadable and was moved to .*setlists\.json\.unreadable-/)
    assert.deepEqual(await listed(), before, 'the ledger has them')
  })

  test('are gone for good after a reset, whose songs are gone too', async () => {
    await client(system.url).json('/reset', { method: 'POST' })
    assert.deepEqual(await listed(), [])
    assert.equal((await fetch(`${system.url}/setlists/1/restore`, { method: 'POST' })).status, 404)
    await killAndStart()
    assert.deepEqual(await listed(), [])
    assert.ok((await ask('POST', '/setlists', { name: 'Next' })).setlist_id > 1)
  })
})
