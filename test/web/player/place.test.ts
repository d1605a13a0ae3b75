import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { placeAfter } from '../../../web/src/player/place.ts'

const LOOP = { start: 1_000, end: 3_000 }

describe('The place that is reached some samples later', () => {
  const after = (position: number, samples: number, loop: typeof LOOP | null = LOOP) =>
    placeAfter({ position, passes: 1 }, samples, loop)

  test('is that many samples on, without a loop or before its end', () => {
    assert.deepEqual(after(2_000, 5_000, null), { position: 7_000, passes: 1 })
    assert.deepEqual(after(0, 2_999), { position: 2_999, passes: 1 })
  })

  test('is in the loop again from its last sample on, after one pass or more', () => {
    assert.deepEqual(after(0, 3_000), { position: 1_000, passes: 2 })
    assert.deepEqual(after(2_999, 2_002), { position: 1_001, passes: 3 })
  })

  test('is outside of the loop if it began behind it', () => {
    assert.deepEqual(after(3_000, 10), { position: 3_010, passes: 1 })
  })
})
