import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { symlink, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { readPasswordFile, writePasswordFile } from '../../src/commands/broker-password.ts'
import { freePort } from '../support/ports.ts'
import { allPids, titleOf } from '../support/proc.ts'
import { makeSong, wavOf } from '../support/songs.ts'
import { connectFrame, dial, logIn } from '../support/stomp-peer.ts'
import { client, type Process, type System, startProcess, startSystem } from '../support/system.ts'
import { until } from '../support/wait.ts'

const PERMISSIONS = 0o777
const PAGES = ['/', '/healthz', '/workers', '/music', '/metrics', '/openapi.json', '/docs']

describe("the embedded broker's password when nobody chose one", () => {
  let runtime: string
  let port: string
  let system: System | null
  let work: Process | null

  beforeEach(async () => {
    runtime = mkdtempSync(join(tmpdir(), 'minus-one-run-'))
    port = String(await freePort())
    system = null
    work = null
  })
  afterEach(async () => {
    await work?.stop()
    await system?.remove()
    rmSync(runtime, { recursive: true, force: true })
  })

  const passwordFile = () => join(runtime, 'minus-one', `broker-${hostname()}-${port}`)
  const passwordInFile = () => readFileSync(passwordFile(), 'utf8').split(' ')[1] ?? ''
  const start = (environment: Record<string, string> = {}): Promise<System> =>
    startSystem({ XDG_RUNTIME_DIR: runtime, BROKER_LISTEN: `127.0.0.1:${port}`, WORKERS_HEALTHY: '0', ...environment })
  const startWork = (environment: Record<string, string> = {}): Process =>
    startProcess(['work'], { XDG_RUNTIME_DIR: runtime, BROKER_PORT: port, WORKERS_HEALTHY: '1', ...environment })
  const workers = () => client(system?.url ?? '').workers()
  const hasWorker = () => until('the worker is there', async () => (await workers())[0], { timeoutMs: 60_000 })

  test('is random, and in a file that only this user can read until the server ends', async () => {
    system = await start()
    assert.equal(statSync(passwordFile()).mode & PERMISSIONS, 0o600)
    assert.equal(statSync(join(runtime, 'minus-one')).mode & PERMISSIONS, 0o700)
    const password = passwordInFile()
    assert.ok(password.length >= 40)
    const right = await logIn(Number(port), { password })
    assert.match(right.said(), /^CONNECTED/)
    right.end()
    const usual = dial(Number(port))
    usual.send(connectFrame('admin'))
    await until('it is answered', () => usual.isClosed() || usual.said().length > 0)
    assert.match(usual.said(), /Bad CONNECT/)
    await system.stop()
    assert.equal(existsSync(passwordFile()), false)
  })

  test('is in no page, no answer, no log and no process list, and doctor does not print it', async () => {
    system = await start({ WORKERS_HEALTHY: '1' })
    work = startWork()
    await hasWorker()
    const password = passwordInFile()
    for (const page of PAGES) {
      const text = await (await fetch(`${system.url}${page}`)).text()
      assert.ok(!text.includes(password), page)
    }
    for (const chosen of [{}, { BROKER_PASSWORD: 'one of my own' }]) {
      const doctor = startProcess(['doctor'], { XDG_RUNTIME_DIR: runtime, DATA_DIR: system.folder, ...chosen })
      await doctor.ended
      assert.match(doctor.log(), /BROKER_PASSWORD/)
      assert.ok(!doctor.log().includes(password) && !doctor.log().includes('one of my own'))
    }
    assert.ok(!`${system.log()}${work.log()}`.includes(password))
    for (const pid of allPids()) assert.ok(!titleOf(pid).includes(password), `process ${pid}`)
  })

  test('is found by workers of this user, also when the server was killed and the next one has another', async () => {
    system = await start()
    work = startWork()
    const { worker } = await hasWorker()
    const before = passwordInFile()
    await system.restart()
    assert.notEqual(passwordInFile(), before)
    assert.equal((await hasWorker()).worker, worker, 'the same process')
    const api = client(system.url)
    const { music_id } = await api.upload(wavOf(makeSong(5, 1)))
    await api.keep(music_id, ['vocals'])
    await api.ready(music_id)
  })

  test('is found by a worker in a session of the user when the server runs outside of any session', async () => {
    const state = { XDG_STATE_HOME: join(runtime, 'state') }
    system = await start({ ...state, XDG_RUNTIME_DIR: '' })
    work = startWork(state)
    await hasWorker()
  })

  test('is not written to a file when one was chosen, and the server’s own workers log in with it', async () => {
    system = await start({ BROKER_PASSWORD: 'chosen', WORKERS_HEALTHY: '1' })
    await hasWorker()
    assert.equal(existsSync(passwordFile()), false)
    work = startWork({ BROKER_PASSWORD: 'chosen' })
    await until('both workers are there', async () => (await workers()).length === 2, { timeoutMs: 60_000 })
  })

  test('is not written when its folder is a link; the server warns, and its own workers log in', async () => {
    const elsewhere = join(runtime, 'elsewhere')
    mkdirSync(elsewhere)
    await symlink(elsewhere, join(runtime, 'minus-one'))
    system = await start({ WORKERS_HEALTHY: '1' })
    assert.match(system.log(), /cannot be kept in .*BROKER_PASSWORD/)
    assert.deepEqual(readdirSync(elsewhere), [])
    await hasWorker()
  })

  test('is not read from a file that others can access, or whose server is gone', async () => {
    const { XDG_RUNTIME_DIR: usual } = process.env
    process.env['XDG_RUNTIME_DIR'] = runtime
    try {
      writePasswordFile({ port: Number(port), password: 'kept' })
      assert.equal(readPasswordFile(Number(port)), 'kept')
      chmodSync(passwordFile(), 0o644)
      assert.equal(readPasswordFile(Number(port)), null)
      writePasswordFile({ port: Number(port), password: 'kept-again' })
      assert.equal(readPasswordFile(Number(port)), 'kept-again', 'what lay there is replaced')
      await writeFile(passwordFile(), `${spawnSync('true').pid} left`)
      assert.equal(readPasswordFile(Number(port)), null, 'that of a process that is gone')
      rmSync(passwordFile())
      await writeFile(join(runtime, 'planted'), `${process.pid} planted`, { mode: 0o600 })
      await symlink(join(runtime, 'planted'), passwordFile())
      assert.equal(readPasswordFile(Number(port)), null)
    } finally {
      if (usual === undefined) delete process.env['XDG_RUNTIME_DIR']
      else process.env['XDG_RUNTIME_DIR'] = usual
    }
  })
})

describe('an embedded broker that is open to other machines', () => {
  const settings = { HOST: '0.0.0.0', PORT: '0', WORKERS_HEALTHY: '0' }

  test('needs a password of 16 characters, and the message says how to make one', async () => {
    for (const password of ['', 'adm', 'fifteen letters']) {
      const BROKER_LISTEN = `0.0.0.0:${await freePort()}`
      const DATA_DIR = join(tmpdir(), 'minus-one-never-made')
      const server = startProcess(['serve', '--open'], {
        ...settings,
        DATA_DIR,
        BROKER_LISTEN,
        BROKER_PASSWORD: password,
      })
      assert.notEqual(await server.ended, 0)
      assert.match(server.log(), /BROKER_PASSWORD of at least 16 characters.*openssl rand/)
      assert.ok(password === '' || !server.log().includes(password))
      assert.equal(existsSync(DATA_DIR), false)
    }
  })

  test('starts with such a password', async () => {
    const port = await freePort()
    const password = 'sixteen letters.'
    const system = await startSystem(
      { HOST: '0.0.0.0', WORKERS_HEALTHY: '0', BROKER_LISTEN: `0.0.0.0:${port}`, BROKER_PASSWORD: password },
      ['--open'],
    )
    const peer = await logIn(port, { password })
    assert.match(peer.said(), /^CONNECTED/)
    peer.end()
    await system.remove()
  })
})
