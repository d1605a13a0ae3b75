import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import type { Music } from '../../../src/listen/schemas.ts'
import { type FakeClock, withFakeClock } from '../../faults/fake-clock.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, type System, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const DAY_HOURS = 24

describe('A machine that starts with a wrong clock while songs are kept for 30 days', () => {
  let folder: string
  let songId: number
  before(async () => {
    const system = await startSystem({ WORKERS_HEALTHY: '0' })
    folder = system.folder
    songId = (await client(system.url).upload(wavOf(makeSong(1)))).music_id
    await system.stop()
  })
  after(() => rm(folder, { recursive: true, force: true }))

  /** Starts a server on the same data with a clock so many hours ahead, and runs `work`. */
  async function start(
    hours: number,
    flags: readonly string[],
    work: (system: System, clock: FakeClock) => Promise<void>,
  ) {
    await withFakeClock(async (clock) => {
      clock.set(hours)
      const settings = { DATA_DIR: folder, RETENTION_DAYS: '30', WORKERS_HEALTHY: '0', ...clock.settings }
      const system = await startSystem(settings, flags)
      try {
        await work(system, clock)
      } finally {
        await system.stop()
      }
    })
  }

  async function songs(system: System): Promise<number[]> {
    return (await client(system.url).json<Music[]>('/music')).map(({ music_id }) => music_id)
  }

  test('A clock a year ahead deletes no song', () =>
    start(365 * DAY_HOURS, [], async (system) => {
      assert.deepEqual(await songs(system), [songId])
      assert.doesNotMatch(system.log(), /is older than \d+ days/)
      await until('it is told', () => /off for more than a week.*--trust-clock/.test(system.log()))
    }))

  test('With a clock a year behind no song is deleted, and the log says what to do', () =>
    start(-365 * DAY_HOURS, [], async (system) => {
      await until('it is told', () => /no song is deleted for its age.*--trust-clock/.test(system.log()))
      assert.deepEqual(await songs(system), [songId])
    }))

  test('With --trust-clock a clock 40 days ahead deletes the song, which can be restored', () =>
    start(40 * DAY_HOURS, ['--trust-clock'], async (system) => {
      await until('it is gone', async () => (await songs(system)).length === 0)
      assert.match(system.log(), /is older than 30 days/)
      assert.equal((await fetch(`${system.url}/music/${songId}/restore`, { method: 'POST' })).status, 200)
    }))
})
