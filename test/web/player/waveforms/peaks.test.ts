import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { peakRange } from '../../../../web/src/player/waveforms/peaks.ts'

describe('The peaks that are fetched for a view', () => {
  test('are those of the view and as much on both sides, from peak to peak', () => {
    for (const [start, end] of [
      [0, 158_760_000],
      [44_100, 441_000],
      [10_000_000, 10_002_205],
    ] as const) {
      const range = peakRange({ start, end })
      assert.ok(range.start <= Math.max(0, 2 * start - end) && range.end >= 2 * end - start)
      assert.equal(range.start % 1_024, 0)
      assert.equal(range.end % 1_024, 0)
      assert.ok(range.bins >= 1 && range.bins <= 3_600)
      assert.ok(range.bins <= (range.end - range.start) / 1_024, 'no bin is shorter than a peak')
    }
  })
})
