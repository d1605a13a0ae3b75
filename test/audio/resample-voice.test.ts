import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { resampleVoice } from '../../src/audio/resample-voice.ts'
import { taskSamples } from '../../src/song/lyrics-task.ts'

const RATE = 44_100

/** A second of a tone at half of full scale. @param phase of the right channel against the left one */
function tone(hertz: number, phase = 0, samples = RATE): Int16Array {
  return Int16Array.from({ length: 2 * samples }, (_, i) => {
    const angle = (2 * Math.PI * hertz * Math.floor(i / 2)) / RATE
    return Math.round(16_384 * Math.sin(angle + (i % 2) * phase))
  })
}

/** The largest difference from a tone at half of full scale, without the first and last 10 ms. */
function error(voice: Float32Array, hertz: number): number {
  return voice.slice(160, -160).reduce((worst, value, i) => {
    return Math.max(worst, Math.abs(value - 0.5 * Math.sin((2 * Math.PI * hertz * (i + 160)) / 16_000)))
  }, 0)
}

describe('A voice that is resampled for the network that hears words', () => {
  test('keeps tones up to 6 kHz, at their time', () => {
    for (const hertz of [100, 440, 3_000, 6_000]) {
      assert.ok(
        error(resampleVoice(tone(hertz)), hertz) < 1e-3,
        `${hertz} Hz: ${error(resampleVoice(tone(hertz)), hertz)}`,
      )
    }
  })

  test('loses tones that its rate cannot hold, so that no mirror image sounds', () => {
    for (const hertz of [9_000, 12_000, 20_000]) {
      const loudest = resampleVoice(tone(hertz))
        .slice(160, -160)
        .reduce((a, b) => Math.max(a, Math.abs(b)), 0)
      assert.ok(loudest < 1e-3, `${hertz} Hz: ${loudest}`)
    }
  })

  test('is the mean of both channels', () => {
    const loudest = resampleVoice(tone(440, Math.PI)).reduce((a, b) => Math.max(a, Math.abs(b)), 0)
    assert.ok(loudest < 1e-4)
  })

  test('has the length that a task announces, however long it is', () => {
    for (const samples of [0, 1, 2, 441, 44_100, 163_840, 1_278_900]) {
      assert.equal(resampleVoice(new Int16Array(2 * samples)).length, taskSamples(samples))
    }
  })
})
