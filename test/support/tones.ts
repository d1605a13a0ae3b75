import { BYTES_PER_STEREO_SAMPLE, CHANNELS, FULL_SCALE, SAMPLE_RATE } from '../../src/song/pcm.ts'

const CENTS_PER_OCTAVE = 1_200
/** The frequency is searched within this distance of the expected one. */
const SEARCHED_CENTS = 45

/** 16-bit stereo in which both channels are `sampleAt`, whose full scale is 1. */
export function stereoOf(samples: number, sampleAt: (index: number) => number): Buffer {
  const pcm = new Int16Array(CHANNELS * samples)
  for (let i = 0; i < samples; i++) pcm.fill(Math.round(sampleAt(i) * (FULL_SCALE - 1)), CHANNELS * i, CHANNELS * i + 2)
  return Buffer.from(pcm.buffer)
}

export function sine(hertz: number, seconds: number): Buffer {
  return stereoOf(Math.round(seconds * SAMPLE_RATE), (i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / SAMPLE_RATE))
}

/** The left channel, full scale being 1. */
export function leftOf(pcm: Buffer): Float64Array {
  const count = pcm.length / BYTES_PER_STEREO_SAMPLE
  return Float64Array.from({ length: count }, (_, i) => pcm.readInt16LE(BYTES_PER_STEREO_SAMPLE * i) / FULL_SCALE)
}

/** How far the strongest tone near `hertz` is from it, in cents. The loudest of many frequencies under a Hann window. */
export function centsFrom(hertz: number, sound: Float64Array): number {
  let [best, loudest] = [0, 0]
  for (const step of [5, 1, 0.1]) {
    const middle = best
    const span = step === 5 ? SEARCHED_CENTS : 10 * step
    for (let cents = middle - span; cents <= middle + span; cents += step) {
      const power = powerAt(hertz * 2 ** (cents / CENTS_PER_OCTAVE), sound)
      if (power > loudest) [loudest, best] = [power, cents]
    }
  }
  return best
}

function powerAt(hertz: number, sound: Float64Array): number {
  const turn = (2 * Math.PI * hertz) / SAMPLE_RATE
  let [real, imaginary] = [0, 0]
  for (let i = 0; i < sound.length; i++) {
    const value = (sound[i] ?? 0) * (1 - Math.cos((2 * Math.PI * i) / sound.length))
    real += value * Math.cos(turn * i)
    imaginary += value * Math.sin(turn * i)
  }
  return real ** 2 + imaginary ** 2
}
