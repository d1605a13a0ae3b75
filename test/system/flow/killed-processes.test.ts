import assert from 'node:assert/strict'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Health, WorkerAnswer } from '../../../src/listen/schemas.ts'
import { listenToEvents } from '../../support/listen-to-events.ts'
import { type Stems, separateAlone } from '../../support/scenario.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, filesBelow, type System, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

describe('Songs are finished with the same samples when a process dies', () => {
  const song = wavOf(makeSong(50, 9))
  let folder: string
  let stems: Stems

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-deaths-'))
    await writeFile(join(folder, 'song.wav'), song)
    stems = await separateAlone(join(folder, 'song.wav'), join(folder, 'out'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function withSystem(
    environment: Record<string, string>,
    act: (system: System) => Promise<void>,
  ): Promise<void> {
    const system = await startSystem({ WORKERS_HEALTHY: '2', ...environment })
    try {
      await act(system)
    } finally {
      await system.remove()
    }
  }

  async function assertSame(system: System, id: number): Promise<void> {
    const api = client(system.url)
    const { instruments, chunks } = await api.ready(id)
    for (const { name, track } of instruments)
      assert.ok((await api.sound(track)).equals(stems.get(name) ?? Buffer.alloc(0)), name)
    assert.equal(chunks.done, chunks.total)
    const left = (await filesBelow(join(system.folder, 'songs'))).filter((path) => path.includes('partial-'))
    assert.deepEqual(left, [], 'nothing half-done is left')
  }

  test('A server killed during separations goes on where it was', () =>
    withSystem({}, async (system) => {
      const api = client(system.url)
      const { music_id } = await api.upload(song)
      await api.keep(music_id, ['vocals'])
      await until('a part is done', async () => (await api.progress(music_id)).chunks.done >= 2)
      const before = (await api.progress(music_id)).progress
      await system.restart()
      assert.ok((await api.progress(music_id)).progress >= before, 'progress never goes back')
      await assertSame(system, music_id)
    }))

  test('After a power cut the server listens first, then finds damaged files and makes them again', () =>
    withSystem({ WORKERS_HEALTHY: '1' }, async (system) => {
      const api = client(system.url)
      const { music_id } = await api.upload(song)
      await api.keep(music_id, ['vocals'])
      await until('a part is final', async () => (await api.progress(music_id)).progress >= 40)
      await system.stop('SIGKILL')
      for (const path of await filesBelow(join(system.folder, 'songs', String(music_id)))) {
        if (path.includes('partial-') || path.includes('stem-')) await truncate(path, 100_000)
      }
      await system.restart()
      await assertSame(system, music_id)
      assert.match(system.log(), /listening at[\s\S]*results were lost and are done again/)
    }))

  test('The server knows of a killed worker at once, calls it lost for ten seconds, and counts it no longer', () =>
    withSystem({}, async (system) => {
      const api = client(system.url)
      await until('both workers are there', async () => (await api.workers()).length === 2)
      const [{ pid, worker } = { pid: 0, worker: '' }] = await api.workers()
      const listening = new AbortController()
      const heard = listenToEvents(system.url, listening.signal)
      const eventAbout = (state: string | undefined) => () => {
        const newest = heard.findLast(({ type }) => type === 'workers')?.data as WorkerAnswer[] | undefined
        return newest !== undefined && newest.find((each) => each.worker === worker)?.state === state
      }
      process.kill(pid, 'SIGKILL')
      const lost = await until(
        'it is lost',
        async () => (await api.workers()).find((each) => each.worker === worker && each.state === 'lost'),
        { timeoutMs: 4_000 },
      )
      const lostAt = performance.now()
      assert.deepEqual([lost.job_id, lost.models, lost.speed], [null, [], null])
      await until('pages hear of it', eventAbout('lost'), { timeoutMs: 1_000 })
      const health = await api.json<Health>('/healthz')
      const others = (await api.workers()).filter(({ state }) => state !== 'lost')
      assert.equal(health.workers, others.length)
      assert.doesNotMatch(await (await fetch(`${system.url}/metrics`)).text(), /minus_one_workers\{state="lost"\}/)
      await until('pages hear that it is gone', eventAbout(undefined), { timeoutMs: 15_000 })
      const shownMs = performance.now() - lostAt
      assert.ok(shownMs > 8_000 && shownMs < 14_000, `it was shown for ${shownMs} ms`)
      assert.ok((await api.workers()).every((each) => each.worker !== worker))
      listening.abort()
    }))

  test('When all workers are killed the song says that it waits, and the next workers finish it', () =>
    withSystem({}, async (system) => {
      const api = client(system.url)
      const { music_id } = await api.upload(song)
      await until('both workers are there', async () => (await api.workers()).length === 2)
      await api.keep(music_id, ['vocals'])
      await until('it is being separated', async () => (await api.progress(music_id)).chunks.running > 0)
      for (const { pid } of await api.workers()) process.kill(pid, 'SIGKILL')
      await assertSame(system, music_id)
      assert.match(system.log(), /died \(SIGKILL\); another one starts/)
      assert.match(system.log(), /is started again by Worker/)
    }))

  test('A frozen worker loses its job to another one, and its late result changes nothing', () =>
    withSystem({ AUDIO_WORKER_CONN_HEARTBEATS: '1000,1000' }, async (system) => {
      const api = client(system.url)
      await until('both workers are there', async () => (await api.workers()).length === 2)
      const { music_id } = await api.upload(song)
      await api.keep(music_id, ['vocals'])
      const busy = await until('one works', async () => (await api.workers()).find(({ state }) => state === 'busy'))
      process.kill(busy.pid, 'SIGSTOP')
      try {
        await api.ready(music_id)
      } finally {
        process.kill(busy.pid, 'SIGCONT')
      }
      await assertSame(system, music_id)
      const second = await api.upload(song)
      await api.keep(second.music_id, ['vocals'])
      await assertSame(system, second.music_id)
    }))

  test('SIGTERM ends the server and every process that it started', () =>
    withSystem({}, async (system) => {
      const api = client(system.url)
      const pids = (
        await until('both workers are there', async () => {
          const workers = await api.workers()
          return workers.length === 2 && workers
        })
      ).map(({ pid }) => pid)
      assert.equal(await system.stop('SIGTERM'), 0)
      for (const pid of pids) assert.throws(() => process.kill(pid, 0), /ESRCH/)
    }))
})
