import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SteadyClock } from '../../../src/store/ledger/clock.ts'
import { Machine, YEAR_2026_MS } from '../../support/machine.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

describe('the ledger clock', () => {
  test('the ledger clock ignores steps of the wall clock, forward and back', () => {
    const machine = new Machine()
    const clock = new SteadyClock({ newestMs: 0, source: machine })
    const began = clock.now()
    for (const stepMs of [HOUR_MS, -2 * HOUR_MS, 365 * DAY_MS]) {
      machine.stepClock(stepMs)
      machine.pass(1_000)
      clock.detectStep()
    }
    assert.equal(clock.now() - began, 3_000)
  })

  test('the ledger clock includes the time that the machine sleeps', () => {
    const machine = new Machine()
    const clock = new SteadyClock({ newestMs: 0, source: machine })
    const began = clock.now()
    machine.sleep(8 * HOUR_MS)
    machine.pass(1_000)
    assert.equal(clock.detectStep(), 0, 'sleep is not a step')
    assert.equal(clock.now() - began, 8 * HOUR_MS + 1_000)
    assert.equal(clock.isAgingPaused, false)
  })

  test('the ledger clock starts at the newest time in the ledger if the wall clock is behind it', () => {
    const clock = new SteadyClock({ newestMs: YEAR_2026_MS + DAY_MS, source: new Machine() })
    assert.equal(clock.now(), YEAR_2026_MS + DAY_MS)
  })
})

describe('the age of songs', () => {
  test('songs age by the wall clock while it is steady', () => {
    const machine = new Machine()
    const clock = new SteadyClock({ newestMs: YEAR_2026_MS - 1_000, source: machine })
    machine.pass(DAY_MS)
    clock.detectStep()
    assert.equal(clock.ageTime(), YEAR_2026_MS + DAY_MS)
  })

  for (const stepMs of [1.1 * HOUR_MS, -1.1 * HOUR_MS]) {
    test(`songs do not age for 24 hours after the wall clock steps by ${stepMs / HOUR_MS} hours`, () => {
      const machine = new Machine()
      const clock = new SteadyClock({ newestMs: 0, source: machine })
      machine.stepClock(stepMs)
      assert.ok(Math.abs(clock.detectStep() - stepMs) < 1)
      assert.equal(clock.detectStep(), 0, 'the step is reported once')
      assert.equal(clock.ageTime(), null)
      machine.pass(DAY_MS - 1)
      assert.equal(clock.ageTime(), null)
      machine.pass(2)
      assert.notEqual(clock.ageTime(), null)
    })
  }

  test('corrections of a few minutes do not pause the ageing of songs', () => {
    const machine = new Machine()
    const clock = new SteadyClock({ newestMs: 0, source: machine })
    machine.stepClock(-5 * 60_000)
    assert.equal(clock.detectStep(), 0)
    assert.equal(clock.isAgingPaused, false)
  })

  test('songs do not age after a start before the newest time in the ledger, unless the operator trusts the clock', () => {
    const newestMs = YEAR_2026_MS + 2 * HOUR_MS
    assert.equal(new SteadyClock({ newestMs, source: new Machine() }).ageTime(), null)
    assert.equal(new SteadyClock({ newestMs, isTrusted: true, source: new Machine() }).ageTime(), YEAR_2026_MS)
  })

  test('the gap before a start counts only after the clock has run for 24 hours', () => {
    const machine = new Machine()
    const clock = new SteadyClock({ newestMs: YEAR_2026_MS - 6 * DAY_MS, source: machine })
    assert.equal(clock.ageTime(), YEAR_2026_MS - 6 * DAY_MS)
    machine.pass(DAY_MS)
    assert.equal(clock.ageTime(), YEAR_2026_MS + DAY_MS)
    assert.equal(clock.hasLongGap, false)
  })

  test('a gap of more than a week never counts, unless the operator trusts the clock', () => {
    const machine = new Machine()
    const newestMs = YEAR_2026_MS - 400 * DAY_MS
    const clock = new SteadyClock({ newestMs, source: machine })
    machine.pass(30 * DAY_MS)
    assert.deepEqual([clock.hasLongGap, clock.ageTime()], [true, newestMs + 30 * DAY_MS])
    const trusted = new SteadyClock({ newestMs, isTrusted: true, source: machine })
    assert.equal(trusted.ageTime(), YEAR_2026_MS + 30 * DAY_MS)
  })
})
