import { FULL_SCALE } from '../song/pcm.ts'

const TARGET_DBFS = -16
const MIN_GAIN = 0.25
const MAX_GAIN = 64

/**
 * The gain that brings a segment to −16 dBFS RMS, the loudness at which the voice network separates best. It is limited, so
 * that noise between songs does not become loud. Without it, the same song 20 dB quieter loses up to 8 dB of SDR.
 * @param input 16-bit samples of any number of channels
 */
export function inputGain(input: Int16Array): number {
  let energy = 0
  for (let i = 0; i < input.length; i++) energy += (input[i] ?? 0) * (input[i] ?? 0)
  const rms = Math.sqrt(energy / input.length) / FULL_SCALE
  if (rms === 0) return MAX_GAIN
  return Math.min(MAX_GAIN, Math.max(MIN_GAIN, 10 ** (TARGET_DBFS / 20) / rms))
}
