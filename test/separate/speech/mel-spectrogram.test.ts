import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FRAMES, HOP, MEL_BANDS, melSpectrogram } from '../../../src/separate/speech/mel-spectrogram.ts'

const RATE = 16_000
const tone = (hertz: number, seconds: number) =>
  Float32Array.from({ length: seconds * RATE }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / RATE))

/** The band in which a frame is loudest. */
function loudest(mel: Float32Array, frame: number): number {
  const bands = [...Array(MEL_BANDS).keys()].map((band) => mel[band * FRAMES + frame] ?? 0)
  return bands.indexOf(Math.max(...bands))
}

/** The power of one bin of a frame, by the definition of the Fourier transform. */
function powerOf(samples: Float32Array, centre: number, bin: number): number {
  let [re, im] = [0, 0]
  for (let i = 0; i < 400; i++) {
    const at = Math.abs(centre - 200 + i)
    const value = (samples[at] ?? 0) * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / 400))
    re += value * Math.cos((2 * Math.PI * bin * i) / 400)
    im -= value * Math.sin((2 * Math.PI * bin * i) / 400)
  }
  return re * re + im * im
}

describe('the log-mel spectrogram', () => {
  test('has 80 bands in 3,000 frames whatever the length of the sound, from about -1 to 1.5', () => {
    for (const seconds of [0, 1, 29]) {
      const mel = melSpectrogram(tone(440, seconds))
      assert.equal(mel.length, MEL_BANDS * FRAMES)
      assert.ok(mel.every((value) => value > -2 && value < 2))
    }
  })

  test('is loudest in a higher band for a higher tone: linear below 1 kHz, logarithmic above', () => {
    const bands = [250, 500, 1_000, 2_000, 4_000].map((hertz) => loudest(melSpectrogram(tone(hertz, 1)), 50))
    // A band is 40 Hz wide below 1 kHz; an octave above it has as many bands as log(2) / log(6.4) of 27 mels.
    const mels = [3.75, 7.5, 15, 25.08, 35.17].map((mel) => Math.round((mel * 81) / 45.25) - 1)
    for (const [i, band] of bands.entries()) assert.ok(Math.abs(band - (mels[i] ?? 0)) <= 1, `${bands} against ${mels}`)
  })

  test('equals the sum of a frame’s power under the triangle of a band', () => {
    const samples = Float32Array.from(
      { length: RATE },
      (_, i) => Math.sin(i * i * 1e-5) * 0.3 + Math.sin(i * 0.7) * 0.1,
    )
    const mel = melSpectrogram(samples)
    const [frame, band] = [40, 8]
    const hertz = (mels: number) =>
      mels < 15 ? (200 * mels) / 3 : 1_000 * Math.exp(((mels - 15) * Math.log(6.4)) / 27)
    const top = 15 + (27 * Math.log(8)) / Math.log(6.4)
    const [low = 0, middle = 0, high = 0] = [band, band + 1, band + 2].map((edge) => hertz((top * edge) / 81))
    let energy = 0
    for (let bin = 0; bin <= 200; bin++) {
      const height = Math.max(0, Math.min((bin * 40 - low) / (middle - low), (high - bin * 40) / (high - middle)))
      energy += ((2 * height) / (high - low)) * powerOf(samples, frame * HOP, bin)
    }
    assert.equal((mel[band * FRAMES + frame] ?? 0).toFixed(4), ((Math.log10(energy) + 4) / 4).toFixed(4))
  })
})
