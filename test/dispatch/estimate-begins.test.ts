import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { estimateBegins, type ModelQueue, roundSeconds } from '../../src/dispatch/estimate-begins.ts'

/** One worker that needs 4 s for a job and has just begun one. */
const BUSY: ModelQueue = { songIds: [], secondsPerJob: [4], runningSeconds: [0], listenersShare: 0 }

const begins = (changes: Partial<ModelQueue>) => [...estimateBegins({ ...BUSY, ...changes })]

describe('The estimate of when songs begin', () => {
  test('counts the jobs before the first job of each song, and the rest of the running one', () => {
    const songIds = [1, 1, 2, 1, 3]
    assert.deepEqual(begins({ songIds, runningSeconds: [3] }), [
      [1, 1],
      [2, 9],
      [3, 17],
    ])
  })

  test('begins a song at once for each idle worker, and shares the others among all workers', () => {
    assert.deepEqual(begins({ songIds: [1, 2, 3], secondsPerJob: [4, 4], runningSeconds: [2] }), [
      [1, 0],
      [2, 1.5],
      [3, 3.5],
    ])
  })

  test('adds the speeds of workers that differ', () => {
    const [[, fast] = []] = begins({ songIds: [1], secondsPerJob: [4] })
    const [[, both] = []] = begins({ songIds: [1], secondsPerJob: [4, 4], runningSeconds: [0, 0] })
    assert.deepEqual([fast, both], [4, 2])
  })

  test('expects a job that runs too long to end soon, and never in the past', () => {
    assert.deepEqual(begins({ songIds: [1], runningSeconds: [60] }), [[1, 0.4]])
  })

  test('leaves the share of the jobs that listeners need to them, but never all', () => {
    assert.deepEqual(begins({ songIds: [1], listenersShare: 0.5 }), [[1, 8]])
    assert.deepEqual(begins({ songIds: [1], listenersShare: 7 }), [[1, 16]])
  })

  test('is nothing without a worker', () => {
    assert.deepEqual(begins({ songIds: [1], secondsPerJob: [] }), [])
  })

  test('is rounded as a person would, to a second at least', () => {
    const rounded = [0, 7.4, 42, 131, 1_000, 5_000].map(roundSeconds)
    assert.deepEqual(rounded, [1, 7, 40, 120, 900, 5_400])
  })
})
