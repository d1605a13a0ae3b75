import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import { PointerGesture } from '../../../../web/src/player/waveforms/pointer-gesture.ts'

const LONG_PRESS_MS = 500

describe('A gesture on a waveform', () => {
  let done: string[]
  let gesture: PointerGesture

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] })
    done = []
    gesture = new PointerGesture({
      seek: (x) => done.push(`seek ${x}`),
      loop: (from, to) => done.push(`loop ${from} ${to}`),
      scroll: (pixels) => done.push(`scroll ${pixels}`),
      zoom: (factor, x) => done.push(`zoom ${factor} at ${x}`),
      otherEndOf: (x, reach) => (Math.abs(x - 500) < reach ? 600 : null),
    })
  })

  afterEach(() => mock.timers.reset())

  const mouse = (x: number) => ({ id: 1, x, isTouch: false })
  const finger = (x: number, id = 1) => ({ id, x, isTouch: true })

  test('seeks with a press of the mouse or of a finger, also if it trembles', () => {
    gesture.down(mouse(100))
    gesture.up(mouse(103))
    gesture.down(finger(200))
    gesture.move(finger(205))
    gesture.up(finger(205))
    assert.deepEqual(done, ['seek 103', 'seek 205'])
  })

  test('makes a loop with a drag of the mouse in either direction', () => {
    gesture.down(mouse(100))
    gesture.move(mouse(150))
    gesture.move(mouse(50))
    gesture.up(mouse(50))
    gesture.move(mouse(70))
    assert.deepEqual(done, ['loop 100 150', 'loop 50 100'])
  })

  test('moves the end of the loop that is near, and a finger reaches further than a mouse', () => {
    gesture.down(mouse(495))
    gesture.move(mouse(480))
    gesture.up(mouse(480))
    gesture.down(finger(485))
    gesture.move(finger(470))
    gesture.up(finger(470))
    assert.deepEqual(done, ['loop 480 600', 'loop 470 600'])
  })

  test('scrolls with one finger', () => {
    gesture.down(finger(100))
    gesture.move(finger(80))
    gesture.move(finger(90))
    gesture.up(finger(90))
    assert.deepEqual(done, ['scroll 20', 'scroll -10'])
  })

  test('makes a loop with a finger that first stays', () => {
    gesture.down(finger(100))
    mock.timers.tick(LONG_PRESS_MS)
    gesture.move(finger(160))
    gesture.up(finger(160))
    assert.deepEqual(done, ['loop 100 160'])
  })

  test('zooms with two fingers, and the last finger does nothing more', () => {
    gesture.down(finger(100, 1))
    gesture.down(finger(200, 2))
    gesture.move(finger(300, 2))
    gesture.up(finger(300, 2))
    gesture.move(finger(150, 1))
    gesture.up(finger(150, 1))
    assert.deepEqual(done, ['zoom 2 at 100'])
  })

  test('does nothing when the browser scrolls the page instead', () => {
    gesture.down(finger(100))
    gesture.cancel(1)
    mock.timers.tick(LONG_PRESS_MS)
    gesture.up(finger(100))
    assert.deepEqual(done, [])
  })
})
