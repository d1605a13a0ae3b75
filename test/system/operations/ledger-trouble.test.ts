import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import type { Health, Music } from '../../../src/listen/schemas.ts'
import { transientFaultOf } from '../../../src/platform/transient-fault.ts'
import { FAULT_MODEL, installFaultModel } from '../../faults/model.ts'
import { assertIdentical, faultSong, References } from '../../faults/oracle.ts'
import { client, type System, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const SONG = faultSong(12, 51)

describe('A server whose ledger or data folder cannot be used for a while', () => {
  let folder: string
  let references: References
  let system: System
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-trouble-'))
    const models = join(folder, 'models')
    await installFaultModel(models)
    references = new References(join(folder, 'references'), models)
    const settings = { MODELS_DIR: models, MODEL: FAULT_MODEL, WORKERS_HEALTHY: '1', DATA_DIR: join(folder, 'data') }
    system = await startSystem(settings)
  })
  after(async () => {
    await system.remove()
    await rm(folder, { recursive: true, force: true })
  })

  async function health(): Promise<{ status: number; reasons: string }> {
    const answer = await fetch(`${system.url}/healthz`)
    return { status: answer.status, reasons: ((await answer.json()) as Health).reasons.join(' ') }
  }

  const upload = () => fetch(`${system.url}/music?filename=a.wav`, { method: 'POST', body: new Uint8Array(SONG.wav) })

  /** A song that is being separated. */
  async function begin(): Promise<number> {
    const api = client(system.url)
    const { music_id: id } = await api.upload(SONG.wav)
    await api.keep(id, ['vocals', 'drums', 'bass', 'other'])
    await until('a part is done', async () => (await api.progress(id)).chunks.done > 1)
    return id
  }

  async function assertLivedThrough(id: number): Promise<void> {
    assert.equal(system.child.exitCode, null, system.log())
    await assertIdentical(system.url, id, await references.of(SONG))
    assert.doesNotMatch(system.log(), /defect| failed:|\n\s+at /, 'no stack, and nobody to blame')
    await until('all is well', async () => (await health()).status === 200)
  }

  test('While another program locks the ledger, reads are answered and changes get 503; then work goes on', async () => {
    const id = await begin()
    const other = new DatabaseSync(join(system.folder, 'ledger.sqlite'))
    other.exec('BEGIN IMMEDIATE')
    await until('it is told', async () => /holds the ledger/.test((await health()).reasons), { timeoutMs: 2_000 })
    const heldSince = performance.now()
    while (performance.now() < heldSince + 10_000) {
      const began = performance.now()
      assert.equal((await health()).status, 503)
      assert.equal((await fetch(`${system.url}/music/${id}`)).status, 200)
      const refused = await upload()
      assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1'])
      assert.match(await refused.text(), /"code":"ledger-busy"/)
      assert.ok(performance.now() - began < 2_000, 'nobody waits for it')
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
    other.exec('ROLLBACK')
    other.close()
    await assertLivedThrough(id)
    assert.equal((await upload()).status, 200)
  })

  test('While DATA_DIR is moved away, nothing is answered 200 that is not on disk; then work goes on', async () => {
    const id = await begin()
    await rename(system.folder, `${system.folder}-away`)
    await until('it is told', async () => /is gone or was replaced/.test((await health()).reasons), {
      timeoutMs: 2_000,
    })
    assert.equal((await health()).status, 503)
    for (const request of [
      upload,
      () => fetch(`${system.url}/music/${id}`, { method: 'DELETE' }),
      () => fetch(`${system.url}/music/${id}`, { method: 'POST', body: '["vocals"]' }),
      () => fetch(`${system.url}/reset`, { method: 'POST' }),
    ]) {
      const answer = await request()
      assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '10'])
    }
    assert.equal(existsSync(system.folder), false, 'it is not made anew')
    await rename(`${system.folder}-away`, system.folder)
    await assertLivedThrough(id)
  })

  test('When DATA_DIR is deleted the server says so, refuses uploads and does not end', async () => {
    const id = await begin()
    // The server still writes into it.
    await rm(system.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 20 })
    await until('it is told', async () => /is gone or was replaced/.test((await health()).reasons), {
      timeoutMs: 2_000,
    })
    for (let i = 0; i < 3; i++) assert.equal((await upload()).status, 503)
    assert.equal(existsSync(system.folder), false)
    const song = (await client(system.url).json<Music[]>('/music')).find(({ music_id }) => music_id === id)
    assert.notEqual(song?.state, 'failed', 'no song is blamed')
    assert.equal(system.child.exitCode, null, system.log())
    await system.restart()
    assert.deepEqual(await client(system.url).json<Music[]>('/music'), [], 'the folder is a new one')
  })
})

test('Transient faults of SQLite and the system are told from lasting ones', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'minus-one-faults-'))
  const path = join(folder, 'a.sqlite')
  const [one, other] = [new DatabaseSync(path), new DatabaseSync(path)]
  const faultOf = (work: () => unknown) => {
    try {
      work()
    } catch (error) {
      return transientFaultOf(error)
    }
    return assert.fail('nothing was thrown')
  }
  one.exec('CREATE TABLE t (x TEXT)')
  other.exec('PRAGMA busy_timeout = 0')
  one.exec('BEGIN IMMEDIATE')
  assert.equal(
    faultOf(() => other.exec('BEGIN IMMEDIATE')),
    'ledger-busy',
  )
  one.exec('ROLLBACK; PRAGMA query_only = 1')
  assert.equal(
    faultOf(() => one.exec(`INSERT INTO t VALUES ('x')`)),
    'read-only',
  )
  one.exec('PRAGMA query_only = 0; PRAGMA max_page_count = 2')
  assert.equal(
    faultOf(() => one.exec(`INSERT INTO t VALUES (hex(randomblob(50000)))`)),
    'no-room',
  )
  assert.equal(
    faultOf(() => new DatabaseSync(join(folder, 'nowhere', 'b.sqlite'))),
    'disk-error',
  )
  assert.equal(
    faultOf(() => one.exec('INSERT INTO nothing VALUES (1)')),
    null,
    'a mistake of ours',
  )
  one.close()
  other.close()
  await writeFile(path, (await readFile(path)).fill(7, 4096))
  assert.equal(
    faultOf(() => new DatabaseSync(path).exec('SELECT * FROM t')),
    'ledger-damaged',
  )
  for (const [code, fault] of [
    ['ENOSPC', 'no-room'],
    ['EROFS', 'read-only'],
    ['EIO', 'disk-error'],
    ['EMFILE', 'no-descriptors'],
    ['ENOMEM', 'no-memory'],
    ['ENOENT', null],
  ]) {
    assert.equal(transientFaultOf(Object.assign(new Error('x'), { code })), fault)
  }
  await rm(folder, { recursive: true, force: true })
})
