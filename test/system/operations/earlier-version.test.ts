import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Music } from '../../../src/listen/schemas.ts'
import type { Setlist } from '../../../src/listen/setlist-schemas.ts'
import { FAULT_MODEL, installFaultModel } from '../../faults/model.ts'
import { assertIdentical, References } from '../../faults/oracle.ts'
import { client, type System, startProcess, startSystem } from '../../support/system.ts'
import { steadyTone } from '../versions/steady-tone.ts'

const PACKED = fileURLToPath(new URL('../versions/version-0.1.0.tar.xz', import.meta.url))
/** The song ids that `test/system/versions/make-data-folder.ts` made. */
const [DONE, HALF, UNTOUCHED, DELETED, ARRIVING] = [1, 2, 3, 4, 5]
const SONGS = { [DONE]: steadyTone(3, 100), [HALF]: steadyTone(12, 150) }

describe('A data folder of version 0.1.0 whose server was killed during separations', () => {
  let folder: string
  let models: string
  let references: References
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-earlier-'))
    models = join(folder, 'models')
    await installFaultModel(models)
    references = new References(join(folder, 'references'), models)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function unpacked(name: string): Promise<string> {
    const data = join(folder, name)
    execFileSync('mkdir', ['-p', data])
    execFileSync('tar', ['-C', data, '-xf', PACKED])
    return data
  }

  const settings = (data: string) => ({
    DATA_DIR: data,
    MODELS_DIR: models,
    MODEL: FAULT_MODEL,
    WORKERS_HEALTHY: '1',
  })

  async function assertSong(system: System, id: number): Promise<void> {
    const wav = SONGS[id]
    assert.ok(wav)
    await assertIdentical(system.url, id, await references.of({ wav, seconds: 0, seed: id }))
  }

  test('Data of version 0.1.0 opens with every song, and the half-done one is finished with the same samples', async () => {
    const data = await unpacked('goes-on')
    const system = await startSystem(settings(data))
    try {
      const api = client(system.url)
      const songs = await api.json<Music[]>('/music')
      assert.deepEqual(
        songs.map(({ music_id, name }) => [music_id, name]),
        [
          [DONE, 'Tür ✓'],
          [HALF, 'half'],
          [UNTOUCHED, 'untouched'],
        ],
      )
      await assertSong(system, DONE)
      await assertSong(system, HALF)
      assert.ok(existsSync(join(data, 'songs', String(DELETED), 'original')), 'the deleted one can be restored')
      await api.json(`/music/${DELETED}/restore`, { method: 'POST' })
      const slower = { ...(await api.json<object>(`/music/${DONE}/practice`)), tempo: 0.8 }
      const put = { method: 'PUT', headers: { 'if-match': '"0"' }, body: JSON.stringify(slower) }
      assert.deepEqual(await api.json(`/music/${DONE}/practice`, put), slower)
      assert.equal(existsSync(join(data, 'songs', String(ARRIVING))), false, 'half an upload is no song')
      assert.equal(existsSync(join(data, 'minus-one.json')), true)
      assert.deepEqual(await api.json('/setlists'), [])
      const setlist = { method: 'POST', body: JSON.stringify({ name: 'Gig', songs: [HALF, DONE] }) }
      assert.deepEqual((await api.json<Setlist>('/setlists', setlist)).songs, [HALF, DONE])
    } finally {
      await system.remove()
    }
  })

  test('Songs of version 0.1.0 whose ledger was lost are recovered from their uploads', async () => {
    const data = await unpacked('lost-ledger')
    for (const name of ['ledger.sqlite', 'ledger.sqlite-wal', 'ledger.sqlite-shm']) await rm(join(data, name))
    const refused = startProcess(['serve'], settings(data))
    assert.equal(await refused.ended, 1)
    assert.match(refused.log(), /holds 5 songs, but not the ledger.*minus-one recover --data-dir/s)
    const recovered = startProcess(['recover', '--data-dir', data], { MODELS_DIR: models, MODEL: FAULT_MODEL })
    assert.equal(await recovered.ended, 0, recovered.log())
    const system = await startSystem(settings(data))
    try {
      const api = client(system.url)
      const original = await fetch(`${system.url}/music/${HALF}/original`)
      assert.deepEqual(Buffer.from(await original.arrayBuffer()), SONGS[HALF])
      const tracks = (await api.json<Music[]>('/music')).find(({ music_id }) => music_id === DONE)?.tracks ?? []
      await api.keep(
        DONE,
        tracks.map(({ track_id }) => track_id),
      )
      await assertSong(system, DONE)
      const stems = join(data, 'lost+found')
      assert.match(
        execFileSync('find', [stems]).toString(),
        /song-1-\d+\/stem-1\.wav/,
        'stems whose names nobody knows are kept aside',
      )
    } finally {
      await system.remove()
    }
  })

  test('Data of version 0.1.0 whose write-ahead log is cut goes on from what is left', async () => {
    const data = await unpacked('cut-log')
    const log = join(data, 'ledger.sqlite-wal')
    const { length } = await readFile(log)
    execFileSync('truncate', ['-s', String(Math.floor(length * 0.6)), log])
    const system = await startSystem(settings(data))
    try {
      const known = (await client(system.url).json<Music[]>('/music')).map(({ music_id }) => music_id)
      assert.ok(known.length > 0 && known.length <= 5)
      for (const id of [DONE, HALF, UNTOUCHED, DELETED])
        assert.ok(existsSync(join(data, 'songs', String(id), 'original')), `song ${id} was not touched`)
    } finally {
      await system.remove()
    }
  })
})
