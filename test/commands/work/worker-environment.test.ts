import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { workerEnvironment } from '../../../src/commands/work/worker-environment.ts'
import { readConfig } from '../../../src/config.ts'

describe('The memory of the workers of a machine', () => {
  const memories = (usableMb: number, workers: number, settings = {}) => {
    const environmentOf = workerEnvironment(readConfig(settings), workers, usableMb)
    return Array.from({ length: workers }, (_, place) => Number(environmentOf(place)['WORKER_MEMORY_MB']))
  }

  test('is what the four stems need, and for the first worker all that is left', () => {
    assert.deepEqual(memories(3_000, 2), [1_900, 1_100])
    assert.deepEqual(memories(1_000, 1), [1_100])
  })

  test('holds both bundled models where the largest model still fits into the first worker', () => {
    assert.deepEqual(memories(7_900, 2), [6_000, 1_900])
    assert.deepEqual(memories(7_800, 2), [6_700, 1_100])
    assert.deepEqual(memories(20_000, 4), [14_300, 1_900, 1_900, 1_900])
  })

  test('is what WORKER_MEMORY_MB says, if it says something', () => {
    assert.deepEqual(memories(20_000, 2, { WORKER_MEMORY_MB: '500' }), [500, 500])
  })
})
