import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backoffMs, withJitter } from '../../src/platform/backoff.ts'

test('a backoff doubles with every failure and stays at its longest wait', () => {
  const backoff = { firstMs: 1_000, maxMs: 60_000 }
  const waits = [1, 2, 3, 4, 5, 6, 7, 8, 2_000].map((failures) => backoffMs(backoff, failures))
  assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
})

test('a backoff may grow by another factor than two', () => {
  const backoff = { firstMs: 1_000, maxMs: 15_000, growth: 1.5 }
  assert.deepEqual(
    [1, 2, 3, 20].map((failures) => backoffMs(backoff, failures)),
    [1_000, 1_500, 2_250, 15_000],
  )
})

test('jitter makes a wait longer by at most the given share, and never shorter', () => {
  const waits = Array.from({ length: 1_000 }, () => withJitter(1_000, 0.5))
  assert.ok(waits.every((wait) => wait >= 1_000 && wait <= 1_500))
  assert.ok(new Set(waits).size > 1)
})
