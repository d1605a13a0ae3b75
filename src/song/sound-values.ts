import { FULL_SCALE } from './pcm.ts'

/** 36 dB above full scale. No correct network returns a louder value. */
const LOUDEST = 64 * FULL_SCALE

/** Whether all values that a network returned, in 16-bit steps, can be sound: neither NaN, nor infinite, nor absurdly large. */
export function areSoundValues(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0
    // NaN fails both comparisons.
    if (!(value <= LOUDEST && value >= -LOUDEST)) return false
  }
  return true
}
