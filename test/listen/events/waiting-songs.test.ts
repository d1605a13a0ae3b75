import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import { WaitingSongs } from '../../../src/listen/events/waiting-songs.ts'

const ROUND_MS = 2_000

describe('Pages are told of songs that wait', () => {
  let estimates: Map<number, number>
  let begun: Set<number>
  let isHeard: boolean
  let told: number[]
  let asked: number
  let waiting: WaitingSongs

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] })
    estimates = new Map([
      [1, 5],
      [2, 40],
    ])
    begun = new Set()
    isHeard = true
    told = []
    asked = 0
    waiting = new WaitingSongs({
      beginEstimates: () => {
        asked++
        return estimates
      },
      hasBegun: (songId) => begun.has(songId),
      isHeard: () => isHeard,
      tell: (songId) => told.push(songId),
    })
  })
  afterEach(() => {
    waiting.close()
    mock.timers.reset()
  })

  test('when an estimate changes, at most every two seconds, and not when it stays', () => {
    waiting.noteChange()
    waiting.noteChange()
    mock.timers.tick(ROUND_MS)
    assert.deepEqual(told, [1, 2])
    mock.timers.tick(ROUND_MS)
    estimates = new Map([...estimates, [2, 30]])
    mock.timers.tick(ROUND_MS)
    assert.deepEqual(told, [1, 2, 2])
  })

  test('but not of songs that have begun, and of 50 songs at most', () => {
    begun.add(1)
    estimates = new Map(Array.from({ length: 5_000 }, (_, index) => [index + 1, 60]))
    waiting.noteChange()
    mock.timers.tick(ROUND_MS)
    assert.deepEqual(
      told,
      Array.from({ length: 50 }, (_, index) => index + 2),
    )
  })

  test('only while somebody listens and a song waits', () => {
    isHeard = false
    waiting.noteChange()
    mock.timers.tick(3 * ROUND_MS)
    assert.equal(asked, 0)
    isHeard = true
    estimates = new Map()
    waiting.noteChange()
    mock.timers.tick(3 * ROUND_MS)
    assert.equal(asked, 1)
  })
})
