import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { MIN_LOOP_SAMPLES, Mixer } from '../../../web/src/player/mixer.ts'

const STRIDE = 5_000
const SAMPLES = 40_000
/** Sound has faded in, and what was before has faded out, after so many samples. */
const RAMP = 256
const LOOP = { start: 10_000, end: 15_000 }

describe('A loop in the mixer', () => {
  let mixer: Mixer

  /** A steep wave, in which every sample of the song is found again. */
  const value = (position: number) => Math.fround(0.8 * Math.sin(position / 9))

  function render(samples: number, quantum = 128): Float32Array {
    const left = new Float32Array(samples)
    const right = new Float32Array(quantum)
    for (let at = 0; at < samples; at += quantum) mixer.render(left.subarray(at, at + quantum), right)
    return left
  }

  function assertPlaysFrom(start: number): void {
    const sound = render(1_280)
    for (let i = RAMP; i < sound.length; i++) assert.equal(sound[i], value(start + i), `sample ${i}`)
  }

  const position = () => mixer.report().position

  beforeEach(() => {
    mixer = new Mixer()
    mixer.apply({ kind: 'open', stride: STRIDE, samples: SAMPLES, lanes: 1 })
    for (let index = 0; index < SAMPLES / STRIDE; index++) {
      const lane = Float32Array.from({ length: STRIDE }, (_, i) => value(index * STRIDE + i))
      mixer.apply({ kind: 'load', block: { index, lanes: [[lane, lane.slice()]] } })
    }
    mixer.apply({ kind: 'play' })
  })

  test('takes the playhead to its start if it is set behind it while the song plays', () => {
    mixer.apply({ kind: 'seek', position: 20_000 })
    render(1_280)
    mixer.apply({ kind: 'loop', loop: LOOP })
    assertPlaysFrom(LOOP.start)
  })

  test('takes the playhead back if its end is set exactly where it is', () => {
    mixer.apply({ kind: 'seek', position: 13_720 })
    render(1_280)
    mixer.apply({ kind: 'loop', loop: { start: 10_000, end: 15_000 } })
    assert.equal(position(), 10_000)
  })

  test('takes the playhead back if its end is drawn in before it', () => {
    mixer.apply({ kind: 'loop', loop: { start: 10_000, end: 30_000 } })
    mixer.apply({ kind: 'seek', position: 20_000 })
    render(1_280)
    mixer.apply({ kind: 'loop', loop: LOOP })
    assertPlaysFrom(LOOP.start)
  })

  test('takes the playhead back while it is paused, and Play plays the loop', () => {
    mixer.apply({ kind: 'pause' })
    mixer.apply({ kind: 'seek', position: 20_000 })
    mixer.apply({ kind: 'loop', loop: LOOP })
    assert.equal(position(), LOOP.start)
    mixer.apply({ kind: 'play' })
    assertPlaysFrom(LOOP.start)
  })

  test('jumps without a click: what was heard fades out while the new sound fades in', () => {
    mixer.apply({ kind: 'seek', position: 20_000 })
    const before = render(1_280)
    const largest = steepest(before.subarray(RAMP))
    mixer.apply({ kind: 'loop', loop: LOOP })
    const after = render(1_280)
    assert.ok(steepest([before.at(-1) ?? 0, ...after]) < 2 * largest, 'no step is larger than those of the song')
  })

  test('lets the song play on from a seek behind it, also when the same loop is set again', () => {
    mixer.apply({ kind: 'loop', loop: LOOP })
    mixer.apply({ kind: 'seek', position: 20_000 })
    assertPlaysFrom(20_000)
    mixer.apply({ kind: 'loop', loop: { ...LOOP } })
    mixer.apply({ kind: 'length', samples: SAMPLES })
    render(1_280)
    assert.equal(position(), 22_560)
  })

  test('holds the playhead again after it has been sought into it', () => {
    mixer.apply({ kind: 'loop', loop: LOOP })
    mixer.apply({ kind: 'seek', position: 20_000 })
    render(1_280)
    mixer.apply({ kind: 'seek', position: 14_000 })
    render(1_280)
    assert.equal(position(), 10_280)
  })

  test('ends with the song if its end lies behind that of the song', () => {
    mixer.apply({ kind: 'loop', loop: { start: 30_000, end: 90_000 } })
    mixer.apply({ kind: 'seek', position: 39_000 })
    render(1_280)
    assert.equal(position(), 30_280)
    assert.equal(mixer.report().status, 'playing')
  })

  test('goes back to its start if the song becomes shorter than the playhead, and stops with the song if it is outside of it', () => {
    mixer.apply({ kind: 'loop', loop: { start: 20_000, end: 39_000 } })
    mixer.apply({ kind: 'seek', position: 35_000 })
    mixer.apply({ kind: 'length', samples: 33_000 })
    assert.equal(position(), 20_000)
    mixer.apply({ kind: 'length', samples: 15_000 })
    render(1_280)
    assert.equal(mixer.report().status, 'ended')
    mixer.apply({ kind: 'length', samples: SAMPLES })
    mixer.apply({ kind: 'seek', position: 38_500 })
    mixer.apply({ kind: 'play' })
    render(1_280)
    assert.equal(position(), 20_780, 'the loop is in force again')
  })

  test('keeps the playhead if the song is paused just before its end', () => {
    mixer.apply({ kind: 'loop', loop: LOOP })
    mixer.apply({ kind: 'seek', position: 13_720 - 40 })
    render(1_280)
    mixer.apply({ kind: 'pause' })
    render(1_280)
    assert.equal(position(), LOOP.start + 180)
    mixer.apply({ kind: 'play' })
    render(6_400)
    assert.ok(position() < LOOP.end)
  })

  test('is not in force if it is shorter than a twentieth of a second, and places between samples are rounded', () => {
    mixer.apply({ kind: 'loop', loop: { start: 100, end: 100 + MIN_LOOP_SAMPLES - 1 } })
    render(12_800)
    assert.equal(position(), 12_800)
    mixer.apply({ kind: 'loop', loop: { start: 1_000.4, end: 1_000.4 + MIN_LOOP_SAMPLES } })
    assertPlaysFrom(1_000)
    render(12_800)
    assert.ok(position() < 1_000 + MIN_LOOP_SAMPLES)
  })

  test('waits at a block that is still to be separated, and goes on there', () => {
    mixer.apply({ kind: 'drop', index: 2 })
    mixer.apply({ kind: 'loop', loop: { start: 8_000, end: 12_000 } })
    render(12_800)
    assert.deepEqual([mixer.report().status, position()], ['waiting', 10_000])
    const lane = Float32Array.from({ length: STRIDE }, (_, i) => value(10_000 + i))
    mixer.apply({ kind: 'load', block: { index: 2, lanes: [[lane, lane.slice()]] } })
    render(2_560)
    assert.equal(position(), 8_560)
  })

  test('counts its passes, and neither a jump to its start nor a seek is one', () => {
    mixer.apply({ kind: 'seek', position: 20_000 })
    mixer.apply({ kind: 'loop', loop: LOOP })
    mixer.apply({ kind: 'seek', position: 14_990 })
    mixer.apply({ kind: 'seek', position: 10_000 })
    render(4_992, 128)
    assert.equal(mixer.report().passes, 0)
    render(128)
    assert.equal(mixer.report().passes, 1)
    render(12_800, 12_800)
    assert.equal(mixer.report().passes, 3)
  })
})

/** The largest step from one sample to the next. */
function steepest(sound: ArrayLike<number>): number {
  let largest = 0
  for (let i = 1; i < sound.length; i++) largest = Math.max(largest, Math.abs((sound[i] ?? 0) - (sound[i - 1] ?? 0)))
  return largest
}
