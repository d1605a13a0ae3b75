import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { HeardPosition, heardPosition } from '../../../web/src/player/heard-position.ts'

const RATE = 44_100
const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 0.01, `${actual} is not ${expected}`)
const place = { position: 10 * RATE, passes: 0, contextTime: 5 }

describe('the position that is heard', () => {
  test('is what the mixer reported, and what was played since then', () => {
    near(heardPosition(place, { heardTime: 5.1, tempo: 1, loop: null }), 10.1 * RATE)
    near(heardPosition(place, { heardTime: 5.1, tempo: 0.5, loop: null }), 10.05 * RATE)
  })

  test('is earlier than what the mixer reported while that is on its way to the loudspeakers', () => {
    near(heardPosition(place, { heardTime: 4.8, tempo: 1, loop: null }), Math.round(9.8 * RATE))
    near(heardPosition({ ...place, position: 10 }, { heardTime: 4.8, tempo: 1, loop: null }), 0)
  })

  test('stands when the reports stop', () => {
    near(heardPosition(place, { heardTime: 60, tempo: 1, loop: null }), 10.25 * RATE)
  })

  test('goes back with a loop only when its end has been heard', () => {
    const loop = { start: 10 * RATE, end: 12 * RATE }
    const again = { ...place, position: 10 * RATE + 441, passes: 1 }
    near(heardPosition(again, { heardTime: 4.9, tempo: 1, loop }), 12 * RATE + 441 - 4_410)
    assert.equal(
      heardPosition({ ...place, position: 12 * RATE - 441 }, { heardTime: 5.02, tempo: 1, loop }),
      10 * RATE + 441,
    )
  })

  test('is unknown before the first report, after a jump and in a pause', () => {
    const heard = new HeardPosition()
    const now = () => heard.now({ heardTime: () => 5, tempo: 1, loop: null })
    assert.equal(now(), null)
    heard.note({ ...place, status: 'playing', levels: [], released: [] })
    assert.equal(now(), 10 * RATE)
    heard.forget()
    assert.equal(now(), null)
    heard.note({ ...place, status: 'paused', levels: [], released: [] })
    assert.equal(now(), null)
  })
})
