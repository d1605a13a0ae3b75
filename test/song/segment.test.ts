import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { blockOf, countReadySegments, countSegments, inputOf, partialSamples } from '../../src/song/segment.ts'

const grid = { strideSamples: 8, inputOffsetSamples: -2, inputSamples: 14, tailSamples: 3 }

test('blocks cover every song without a gap, and no segment is ready before its input is decoded', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), (samples) => {
      const count = countSegments(grid, samples)
      const covered = Array.from({ length: count }, (_, index) => blockOf(grid, index, samples).samples)
      assert.equal(
        covered.reduce((total, each) => total + each, 0),
        samples,
      )
      assert.ok(covered.every((each) => each > 0))
      const ready = countReadySegments(grid, samples, false)
      for (let index = 0; index < ready; index++) {
        const { startSample, samples: wanted } = inputOf(grid, index)
        assert.ok(startSample + wanted <= samples)
      }
      assert.equal(countReadySegments(grid, samples, true), count)
    }),
  )
})

test('the partial sums of a segment are as long as its block and the tail', () => {
  assert.equal(partialSamples(grid), 11)
})
