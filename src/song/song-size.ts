import { BYTES_PER_STEREO_SAMPLE, CHANNELS, FLOAT_BYTES, WAV_HEADER_BYTES } from './pcm.ts'
import { peaksPerBlock } from './peaks-per-block.ts'
import { computedStems, type Plan } from './plan.ts'
import { countSegments, partialSamples } from './segment.ts'

/* The sizes of the files derived from a song. */

/**
 * Space is reserved for this many results that wait for their neighbours. In order there are one or two per worker. More wait
 * only while a listener seeks often, up to half of the segments: these count when they are on the disk.
 */
const RESERVED_RESULTS = 8

/** Bytes of one result: the partial sums of every computed stem, float32 stereo, one stem after another. */
export function resultBytes(plan: Plan): number {
  return computedStems(plan).length * partialSamples(plan.grid) * CHANNELS * FLOAT_BYTES
}

/** Bytes of one mix as WAV. No other format takes more. */
export function mixBytes(samples: number): number {
  return WAV_HEADER_BYTES + samples * BYTES_PER_STEREO_SAMPLE
}

/**
 * Bytes of all files derived from a song: decoded sound, stems with peaks, mixes and, during the separation, results.
 * @param mixes how many mixes there are. A mix in half the tempo counts twice.
 */
export function songBytes({ plan, samples, mixes }: { plan: Plan; samples: number; mixes: number }): number {
  if (samples === 0) return 0
  const segments = countSegments(plan.grid, samples)
  const sounds = 1 + plan.stems.length + mixes
  const peaks = plan.stems.length * segments * peaksPerBlock(plan.grid)
  const results = Math.min(Math.ceil(segments / 2) + 1, RESERVED_RESULTS)
  return Math.ceil(sounds * mixBytes(samples)) + peaks + results * resultBytes(plan)
}
