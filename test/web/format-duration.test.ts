import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { formatDuration, formatTenths } from '../../web/src/format-duration.ts'

describe('durations on the page', () => {
  test('a time shows minutes and seconds, and hours only from one hour on', () => {
    assert.deepEqual([0, 67.9, 3_723].map(formatDuration), ['0:00', '1:07', '1:02:03'])
  })

  test('an end of a loop shows tenths, so that a change by the nudge keys can be seen', () => {
    assert.deepEqual([0, 0.1, 59.96, 60.3].map(formatTenths), ['0:00.0', '0:00.1', '0:59.9', '1:00.3'])
  })
})
