import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sum } from '../../src/assemble/mix.ts'

test('a mix that exceeds 16 bits is clipped and does not wrap around', () => {
  const loud = [Int16Array.of(30_000, -30_000), Int16Array.of(30_000, -30_000)]
  assert.deepEqual([...sum(loud, 2)], [32_767, -32_768])
})
