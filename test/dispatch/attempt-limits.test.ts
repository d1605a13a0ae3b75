import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MAX_DEATHS, reasonToGiveUp } from '../../src/dispatch/attempt-limits.ts'
import type { AttemptState } from '../../src/song/lifecycle.ts'
import type { Attempt } from '../../src/store/queries/attempts.ts'

const MAX_ATTEMPTS = 3
const NO_MEMORY = 'std::bad_alloc'

function attempts(count: number, state: AttemptState, reason: string | null = null): Attempt[] {
  return Array.from({ length: count }, (_, index) => ({
    jobId: 1,
    number: index + 1,
    worker: 'a',
    delivery: '1',
    token: 't',
    state,
    reason: reason && `${reason} ${index + 1}`,
    inputSha256: null,
  }))
}

const reasonAfter = (...ended: Attempt[][]) => reasonToGiveUp(ended.flat(), MAX_ATTEMPTS)

describe('A job is given up', () => {
  test('after MAX_ATTEMPTS failed attempts, with the reason of the last one', () => {
    assert.equal(reasonAfter(attempts(2, 'failed', 'defect')), null)
    assert.equal(reasonAfter(attempts(3, 'failed', 'defect')), '3 attempts failed, the last one with: defect 3')
    assert.equal(reasonAfter(attempts(3, 'failed')), '3 attempts failed, the last one with: no reason')
  })

  test('after five workers died over it', () => {
    assert.equal(reasonAfter(attempts(MAX_DEATHS - 1, 'lost')), null)
    assert.equal(reasonAfter(attempts(MAX_DEATHS, 'lost')), '5 workers died over it')
  })

  test('when four workers died over it and a fifth has not come back', () => {
    assert.equal(reasonAfter(attempts(4, 'lost'), attempts(1, 'running')), '5 workers died over it')
  })

  test('after ten attempts that found no memory', () => {
    assert.equal(reasonAfter(attempts(9, 'returned', NO_MEMORY)), null)
    assert.match(
      reasonAfter(attempts(10, 'returned', NO_MEMORY)) ?? '',
      /^10 attempts found no memory, the last one with: std::bad_alloc 10$/,
    )
  })
})

describe('A job is not given up', () => {
  test('however often it is returned for another reason than memory', () => {
    assert.equal(reasonAfter(attempts(100, 'returned', 'no way to the server'), attempts(100, 'returned')), null)
  })

  test('for failures, deaths and a lack of memory that are each too few', () => {
    const few = [attempts(2, 'failed', 'defect'), attempts(4, 'lost'), attempts(9, 'returned', NO_MEMORY)]
    assert.equal(reasonAfter(...few), null)
  })
})
