import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { PracticeMixer } from '../../../web/src/player/practice-mixer.ts'
import type { Engine } from '../../../web/src/player/stretcher.ts'
import { openStretchEngine } from '../../support/engine-of-page.ts'

const RATE = 44_100
const QUANTUM = 128
const SAMPLES = 8 * RATE

describe('the mixer with key and tempo', () => {
  let engine: Engine
  before(async () => {
    engine = await openStretchEngine()
  })

  const sine = Float32Array.from({ length: SAMPLES }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 440 * i) / RATE))

  function mixerOf(sound: Float32Array): PracticeMixer {
    const mixer = new PracticeMixer(RATE)
    mixer.apply({ kind: 'open', stride: SAMPLES, samples: SAMPLES, lanes: 1 })
    mixer.apply({ kind: 'load', block: { index: 0, lanes: [[sound, sound]] } })
    mixer.apply({ kind: 'play' })
    return mixer
  }

  /** The next seconds of the left channel. */
  function hear(mixer: PracticeMixer, seconds: number): Float32Array {
    const heard = new Float32Array(Math.round((seconds * RATE) / QUANTUM) * QUANTUM)
    const right = new Float32Array(QUANTUM)
    for (let at = 0; at < heard.length; at += QUANTUM) mixer.render(heard.subarray(at, at + QUANTUM), right)
    return heard
  }

  /** From the number of upward zero crossings. */
  function frequencyOf(sound: Float32Array): number {
    let crossings = 0
    for (let i = 1; i < sound.length; i++) if ((sound[i - 1] ?? 0) < 0 && (sound[i] ?? 0) >= 0) crossings++
    return (crossings * RATE) / sound.length
  }

  const close = (found: number, expected: number, share = 0.02) =>
    assert.ok(Math.abs(found - expected) <= share * expected, `${found}, not ${expected}`)

  test('changes no sample as recorded', () => {
    const mixer = mixerOf(sine)
    mixer.use(engine)
    const heard = hear(mixer, 1)
    for (let i = 300; i < heard.length; i++) if (heard[i] !== sine[i]) assert.fail(`sample ${i} differs`)
  })

  for (const semitones of [-12, -3, 5, 12]) {
    test(`changes the pitch and not the time with ${semitones} semitones`, () => {
      const mixer = mixerOf(sine)
      mixer.use(engine)
      mixer.apply({ kind: 'practice', semitones, tempo: 1 })
      hear(mixer, 1)
      close(frequencyOf(hear(mixer, 2)), 440 * 2 ** (semitones / 12))
      close(mixer.report().position, 3 * RATE, 0.01)
    })
  }

  for (const tempo of [0.5, 0.75, 1.5]) {
    test(`changes the time and not the pitch with a tempo of ${100 * tempo} %`, () => {
      const mixer = mixerOf(sine)
      mixer.use(engine)
      mixer.apply({ kind: 'practice', semitones: 0, tempo })
      hear(mixer, 1)
      close(frequencyOf(hear(mixer, 2)), 440)
      close(mixer.report().position, 3 * tempo * RATE, 0.01)
    })
  }

  test('reports the sample that is heard, not the one that it reads', () => {
    const click = new Float32Array(SAMPLES)
    click.fill(0.9, 2 * RATE, 2 * RATE + 20)
    const mixer = mixerOf(click)
    mixer.use(engine)
    mixer.apply({ kind: 'practice', semitones: 0, tempo: 0.5 })
    mixer.apply({ kind: 'seek', position: 1.5 * RATE })
    let loudest = 0
    let place = 0
    for (let at = 0; at < 2 * RATE; at += QUANTUM) {
      const { position } = mixer.report()
      const level = Math.max(...hear(mixer, QUANTUM / RATE))
      if (level > loudest) [loudest, place] = [level, position]
    }
    assert.ok(Math.abs(place - 2 * RATE) < 0.02 * RATE, `heard at ${place / RATE} s`)
  })

  test('leaves no gap while key and tempo change', () => {
    const mixer = mixerOf(sine)
    mixer.use(engine)
    mixer.apply({ kind: 'practice', semitones: 1, tempo: 1 })
    hear(mixer, 0.5)
    for (let step = 0; step < 12; step++) {
      mixer.apply({ kind: 'practice', semitones: step + 1, tempo: 1 + step / 25 })
      const heard = hear(mixer, 0.1)
      for (let at = 0; at + 441 <= heard.length; at += 441) {
        const loudest = Math.max(...heard.subarray(at, at + 441).map(Math.abs))
        assert.ok(loudest > 0.2, `10 ms of ${loudest} after step ${step}`)
      }
    }
  })

  test('pauses at once at the position that is heard, and goes on from there', () => {
    const mixer = mixerOf(sine)
    mixer.use(engine)
    mixer.apply({ kind: 'practice', semitones: 3, tempo: 0.8 })
    hear(mixer, 2)
    const { position } = mixer.report()
    mixer.apply({ kind: 'pause' })
    hear(mixer, 0.01)
    assert.ok(hear(mixer, 0.2).every((sample) => sample === 0))
    const paused = mixer.report()
    assert.equal(paused.status, 'paused')
    close(paused.position, position, 0.01)
    mixer.apply({ kind: 'play' })
    const again = hear(mixer, 1)
    assert.ok(again.subarray(4_410).some((sample) => Math.abs(sample) > 0.3))
    close(mixer.report().position, position + 0.8 * RATE, 0.01)
  })

  test('goes on at the position that is heard when key and tempo are reset', () => {
    const mixer = mixerOf(sine)
    mixer.use(engine)
    mixer.apply({ kind: 'practice', semitones: 0, tempo: 0.5 })
    hear(mixer, 2)
    mixer.apply({ kind: 'practice', semitones: 0, tempo: 1 })
    const { position } = mixer.report()
    close(position, RATE, 0.01)
    const heard = hear(mixer, 1)
    for (let i = 300; i < heard.length; i++) if (heard[i] !== sine[position + i]) assert.fail(`sample ${i} differs`)
  })

  test('plays a song to its very end, and then reports the end', () => {
    const mixer = mixerOf(sine)
    mixer.use(engine)
    mixer.apply({ kind: 'practice', semitones: 2, tempo: 1.5 })
    mixer.apply({ kind: 'seek', position: 7 * RATE })
    const heard = hear(mixer, 2)
    const last = heard.findLastIndex((sample) => Math.abs(sample) > 0.1)
    close(last, RATE / 1.5, 0.1)
    assert.equal(mixer.report().status, 'ended')
  })

  describe('with a loop', () => {
    const loop = { start: RATE, end: 2 * RATE }
    const isInLoop = (position: number) => position >= loop.start && position < loop.end

    function stretched(): PracticeMixer {
      const mixer = mixerOf(sine)
      mixer.use(engine)
      mixer.apply({ kind: 'practice', semitones: 0, tempo: 0.8 })
      return mixer
    }

    test('reports only places in the loop, and each pass when it is heard', () => {
      const mixer = stretched()
      mixer.apply({ kind: 'loop', loop })
      mixer.apply({ kind: 'seek', position: loop.start })
      let before = { position: loop.start, passes: 0 }
      for (let i = 0; i < 1_000; i++) {
        hear(mixer, QUANTUM / RATE)
        const { position, passes } = mixer.report()
        assert.ok(isInLoop(position), `${position}`)
        assert.equal(passes - before.passes, position < before.position ? 1 : 0, `at ${position}`)
        before = { position, passes }
      }
      assert.equal(before.passes, 2)
    })

    test('goes back to its start, without a gap, if it is set behind the sample that is heard', () => {
      const mixer = stretched()
      mixer.apply({ kind: 'seek', position: 4 * RATE })
      hear(mixer, 0.5)
      mixer.apply({ kind: 'loop', loop })
      const heard = hear(mixer, 0.5)
      for (let at = 0; at + 441 <= heard.length; at += 441) {
        assert.ok(Math.max(...heard.subarray(at, at + 441)) > 0.15, `10 ms at ${at}`)
      }
      assert.ok(isInLoop(mixer.report().position))
    })

    test('stays in the loop after a pause at any place of it', () => {
      const mixer = stretched()
      mixer.apply({ kind: 'loop', loop })
      mixer.apply({ kind: 'seek', position: loop.start })
      for (let i = 0; i < 60; i++) {
        hear(mixer, 0.0437)
        mixer.apply({ kind: 'pause' })
        hear(mixer, 0.01)
        assert.ok(isInLoop(mixer.report().position), `${mixer.report().position} after pause ${i}`)
        mixer.apply({ kind: 'play' })
      }
    })

    test('leaves neither a gap nor a click when the tempo rises to that of the recording, as the loop trainer does', () => {
      const mixer = stretched()
      mixer.apply({ kind: 'loop', loop })
      let before = hear(mixer, 1)
      for (const tempo of [0.9, 1, 1.1]) {
        mixer.apply({ kind: 'practice', semitones: 0, tempo })
        const heard = hear(mixer, 0.3)
        for (let at = 0; at + 441 <= heard.length; at += 441) {
          assert.ok(Math.max(...heard.subarray(at, at + 441)) > 0.15, `10 ms at ${at}, tempo ${tempo}`)
        }
        for (let at = 0; at < heard.length; at++) {
          const step = Math.abs((heard[at] ?? 0) - (at > 0 ? (heard[at - 1] ?? 0) : (before.at(-1) ?? 0)))
          assert.ok(step < 0.07, `a step of ${step} at ${at}, tempo ${tempo}`)
        }
        before = heard
      }
    })
  })
})
