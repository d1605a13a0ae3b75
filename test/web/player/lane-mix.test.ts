import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LaneMix } from '../../../web/src/player/lane-mix.ts'

const LENGTH = 1_000

describe('The mix of the lanes', () => {
  /** Plays a lane that is 0.5 on both sides. Returns both channels. */
  function play(lanes: LaneMix): { left: Float32Array; right: Float32Array } {
    const [left, right] = [new Float32Array(LENGTH), new Float32Array(LENGTH)]
    const sound = new Float32Array(LENGTH).fill(0.5)
    const part = { offset: 0, from: 0, count: LENGTH, master: 1, masterStep: 1, left, right }
    lanes.add({ index: 0, lanes: [[sound, sound.slice()]] }, part)
    return { left, right }
  }

  for (const [pan, left, right] of [
    [0, 0.5, 0.5],
    [-1, 0.5, 0],
    [1, 0, 0.5],
    [0.5, 0.25, 0.5],
    [-0.25, 0.5, 0.375],
  ] as const) {
    test(`makes one side quieter and leaves the other with a balance of ${pan}`, () => {
      const lanes = new LaneMix(1)
      lanes.set({ gains: [1], pans: [pan] }, true)
      const heard = play(lanes)
      assert.ok(heard.left.every((sample) => sample === left))
      assert.ok(heard.right.every((sample) => sample === right))
    })
  }

  test('changes gain and balance in ramps of 5 ms', () => {
    const lanes = new LaneMix(1)
    lanes.set({ gains: [1], pans: [1] }, false)
    const { left, right } = play(lanes)
    for (let i = 1; i < LENGTH; i++) assert.ok(Math.abs((left[i] ?? 0) - (left[i - 1] ?? 0)) <= 0.5 / 220 + 1e-6)
    assert.ok(left.subarray(221).every((sample) => sample === 0))
    assert.ok(right.every((sample) => sample === 0.5))
  })

  test('measures a lane by its louder side', () => {
    const lanes = new LaneMix(1)
    lanes.set({ gains: [0.5], pans: [-1] }, true)
    play(lanes)
    assert.deepEqual(lanes.takeLevels(), [0.25])
    assert.deepEqual(lanes.takeLevels(), [0])
  })
})
