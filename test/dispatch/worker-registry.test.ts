import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { WorkerRegistry } from '../../src/dispatch/worker-registry.ts'
import { DEATH_NOTICE_PID, PRESENCE_EVERY_MS } from '../../src/song/worker-presence.ts'
import { workerOf } from '../support/snapshot.ts'

describe('The registry of workers', () => {
  let registry: WorkerRegistry
  let changes: number

  beforeEach(() => {
    registry = new WorkerRegistry()
    changes = 0
    registry.onChange(() => changes++)
  })

  const hear = (changes: Parameters<typeof workerOf>[1], now: number) =>
    assert.equal(registry.receivePresence(JSON.stringify(workerOf('w', changes)), now), null)
  const lostAt = (now: number) => registry.lost(now).map(({ worker }) => worker)

  test('shows a worker whose process was killed as lost for ten seconds, and counts it as connected nowhere', () => {
    hear({ state: 'busy', jobId: 7, speed: 3 }, 0)
    hear({ state: 'leaving', pid: DEATH_NOTICE_PID }, 1_000)
    assert.deepEqual([registry.list(), registry.available(), lostAt(1_000)], [[], 0, ['w']])
    assert.deepEqual([lostAt(10_900), lostAt(11_100)], [['w'], []])
  })

  test('shows a worker that has fallen silent as lost, until it is heard again', () => {
    hear({}, 0)
    const silentAt = 3 * PRESENCE_EVERY_MS + 1
    assert.equal(registry.forgetSilent(silentAt).length, 1)
    assert.deepEqual([registry.list().length, lostAt(silentAt)], [0, ['w']])
    hear({}, silentAt + 1)
    assert.deepEqual([registry.list().length, lostAt(silentAt + 1)], [1, []])
  })

  test('does not call a worker lost that has left by itself', () => {
    hear({}, 0)
    hear({ state: 'leaving' }, 1)
    assert.deepEqual([registry.list(), lostAt(1)], [[], []])
  })

  test('tells when a worker is lost, and when its ten seconds are over', () => {
    hear({}, 0)
    hear({ state: 'leaving', pid: DEATH_NOTICE_PID }, 1)
    assert.equal(changes, 2)
    registry.forgetSilent(9_000)
    assert.equal(changes, 2)
    registry.forgetSilent(10_002)
    assert.equal(changes, 3)
  })
})
