/**
 * Brings decoded 16-bit samples to multiples of 1/32768. Chromium divides positive samples by 32,767 and negative ones by 32,768;
 * Firefox divides all by 32,768. The tracks add up to the song only if all have the same step. A positive sample
 * that is no multiple of 1/32768 shows that the browser works like Chromium.
 */
export function toSixteenBitSteps(samples: Float32Array): Float32Array {
  if (!samples.some((value) => value > 0 && !Number.isInteger(value * 32_768))) return samples
  return samples.map((value) => (value > 0 ? Math.round(value * 32_767) / 32_768 : value))
}
