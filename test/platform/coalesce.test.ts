import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import { coalesce } from '../../src/platform/coalesce.ts'

describe('coalesced calls', () => {
  let calls = 0

  beforeEach(() => {
    calls = 0
    mock.timers.enable({ apis: ['setTimeout'] })
  })
  afterEach(() => mock.timers.reset())

  test('many requests within a moment lead to one call, a later request to another', () => {
    const { soon } = coalesce(() => calls++, 100)
    for (let request = 0; request < 5; request++) soon()
    mock.timers.tick(99)
    assert.equal(calls, 0)
    mock.timers.tick(1)
    assert.equal(calls, 1)
    soon()
    mock.timers.tick(100)
    assert.equal(calls, 2)
  })

  test('a call that is cancelled does not happen, and a later request works again', () => {
    const { soon, cancel } = coalesce(() => calls++, 100)
    soon()
    cancel()
    mock.timers.tick(1_000)
    assert.equal(calls, 0)
    soon()
    mock.timers.tick(100)
    assert.equal(calls, 1)
  })

  test('a request from within the call leads to another call', () => {
    const { soon } = coalesce(() => {
      calls++
      if (calls === 1) soon()
    }, 100)
    soon()
    mock.timers.tick(100)
    assert.equal(calls, 1)
    mock.timers.tick(100)
    assert.equal(calls, 2)
  })
})
