import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { type Block, Mixer } from '../../../web/src/player/mixer.ts'
import { toSixteenBitSteps } from '../../../web/src/player/sixteen-bit-steps.ts'
import { makeSong } from '../../support/songs.ts'

const STRIDE = 5_000
const SAMPLES = 22_000
/** Sound has faded in after so many samples. */
const RAMP = 256

describe('the mixer', () => {
  const song = makeSong(1)
  let mixer: Mixer

  /** The song's sample, as a float; the right channel differs. */
  const value = (position: number, channel: number) => (song[2 * position + channel] ?? 0) / 32_768

  /** One block of the song, divided among two lanes. */
  function block(index: number): Block {
    const length = Math.min(STRIDE, SAMPLES - index * STRIDE)
    const channelOf = (channel: number, share: (sample: number) => number) =>
      Float32Array.from({ length }, (_, i) => share(Math.round(value(index * STRIDE + i, channel) * 32_768)) / 32_768)
    const voice = (sample: number) => sample >> 2
    const rest = (sample: number) => sample - (sample >> 2)
    return {
      index,
      lanes: [
        [channelOf(0, voice), channelOf(1, voice)],
        [channelOf(0, rest), channelOf(1, rest)],
      ],
    }
  }

  function render(samples: number, quantum = 128): { left: Float32Array; right: Float32Array } {
    const left = new Float32Array(samples)
    const right = new Float32Array(samples)
    for (let at = 0; at < samples; at += quantum) {
      mixer.render(left.subarray(at, at + quantum), right.subarray(at, at + quantum))
    }
    return { left, right }
  }

  function assertSong({ left, right }: { left: Float32Array; right: Float32Array }, from: number, start: number): void {
    for (let i = from; i < left.length; i++) {
      assert.equal(left[i], value(start + i, 0), `left, sample ${start + i}`)
      assert.equal(right[i], value(start + i, 1), `right, sample ${start + i}`)
    }
  }

  beforeEach(() => {
    mixer = new Mixer()
    mixer.apply({ kind: 'open', stride: STRIDE, samples: SAMPLES, lanes: 2 })
    for (let index = 0; index < 5; index++) mixer.apply({ kind: 'load', block: block(index) })
  })

  test('releases the samples of each block once, when it is dropped or replaced, or when another song is opened', () => {
    const buffersOf = ({ lanes }: Block) => lanes.flat().map(({ buffer }) => buffer)
    const [older, newer] = [block(1), block(1)]
    mixer.report()
    mixer.apply({ kind: 'load', block: older })
    assert.equal(mixer.report().released.length, 4, 'of the one that was there')
    mixer.apply({ kind: 'load', block: newer })
    assert.deepEqual(mixer.report().released, buffersOf(older))
    mixer.apply({ kind: 'drop', index: 1 })
    assert.deepEqual(mixer.report().released, buffersOf(newer))
    assert.deepEqual(mixer.report().released, [])
    mixer.apply({ kind: 'open', stride: STRIDE, samples: SAMPLES, lanes: 2 })
    assert.equal(mixer.report().released.length, 4 * 4)
  })

  test('plays exactly the song with all faders at 0 dB, across the borders of blocks and after a seek', () => {
    mixer.apply({ kind: 'play' })
    assertSong(render(16_000), RAMP, 0)
    mixer.apply({ kind: 'seek', position: 4_321 })
    assertSong(render(12_800), RAMP, 4_321)
  })

  test('fades in and out within 5 ms, and is never louder than the song', () => {
    mixer.apply({ kind: 'seek', position: 1_000 })
    mixer.apply({ kind: 'play' })
    const { left } = render(1_280)
    for (let i = 0; i < RAMP; i++) assert.ok(Math.abs(left[i] ?? 0) <= Math.abs(value(1_000 + i, 0)) + 1e-9)
    assert.ok(Math.abs(left[0] ?? 0) <= Math.abs(value(1_000, 0)) * 0.01)
    mixer.apply({ kind: 'pause' })
    const end = render(1_280).left
    assert.ok(end.slice(RAMP).every((sample) => sample === 0))
    assert.equal(mixer.isActive, false)
    assert.equal(mixer.report().status, 'paused')
  })

  test('repeats a loop exactly from its first to its last sample', () => {
    mixer.apply({ kind: 'seek', position: 4_000 })
    mixer.apply({ kind: 'loop', loop: { start: 4_000, end: 6_321 } })
    mixer.apply({ kind: 'play' })
    const { left } = render(12_800)
    for (let i = RAMP; i < left.length; i++) assert.equal(left[i], value(4_000 + (i % 2_321), 0), `sample ${i}`)
  })

  test('silences a muted lane, and plays it again exactly', () => {
    mixer.apply({ kind: 'gains', gains: [0, 1], pans: [0, 0] })
    mixer.apply({ kind: 'play' })
    const { left } = render(2_560)
    for (let i = RAMP; i < left.length; i++) {
      const sample = Math.round(value(i, 0) * 32_768)
      assert.equal(left[i], (sample - (sample >> 2)) / 32_768)
    }
    assert.equal(mixer.report().levels[0], 0)
    mixer.apply({ kind: 'gains', gains: [1, 1], pans: [0, 0] })
    assertSong(render(2_560), RAMP, 2_560)
  })

  test('waits in silence for a missing block, and goes on from that sample', () => {
    mixer.apply({ kind: 'drop', index: 1 })
    mixer.apply({ kind: 'play' })
    const { left } = render(6_400)
    assert.ok(left.slice(STRIDE).every((sample) => sample === 0))
    const { status, position } = mixer.report()
    assert.deepEqual({ status, position }, { status: 'waiting', position: STRIDE })
    mixer.apply({ kind: 'load', block: block(1) })
    assertSong(render(2_560), RAMP, STRIDE)
    assert.equal(mixer.report().status, 'playing')
  })

  test('decoded samples of Chromium become multiples of 1/32768, and those of Firefox stay as they are', () => {
    const steps = Float32Array.from([0, 1, 2, 16_384, 32_767, -1, -32_768], (sample) => sample / 32_768)
    const chromium = Float32Array.from(steps, (value) => (value > 0 ? (value * 32_768) / 32_767 : value))
    assert.deepEqual(toSixteenBitSteps(chromium), steps)
    assert.deepEqual(toSixteenBitSteps(steps), steps)
  })

  test('stops at the end of the song, and then plays from the beginning', () => {
    mixer.apply({ kind: 'seek', position: SAMPLES - 1_000 })
    mixer.apply({ kind: 'play' })
    const { left } = render(1_280)
    assert.equal(left[999], value(SAMPLES - 1, 0))
    assert.ok(left.slice(1_000).every((sample) => sample === 0))
    assert.equal(mixer.report().status, 'ended')
    mixer.apply({ kind: 'play' })
    render(128)
    assert.equal(mixer.report().position, 128)
  })
})
