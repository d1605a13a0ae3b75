/**
 * Brings decoded 16-bit samples to steps of 1/32768, in place. Chromium divides positive samples by 32,767 and negative
 * ones by 32,768, Firefox all by 32,768; only with one step do the parts add up to the song. Where a positive sample is
 * no multiple of 1/32768, the first kind was at work.
 */
export function toSixteenBitSteps(samples: Float32Array): Float32Array {
  if (!samples.some((value) => value > 0 && !Number.isInteger(value * 32_768))) return samples
  return samples.map((value) => (value > 0 ? Math.round(value * 32_767) / 32_768 : value))
}
