import { BYTES_PER_STEREO_SAMPLE, CHANNELS } from '../audio/pcm.ts'
import { WAV_HEADER_BYTES } from '../audio/wav.ts'
import type { Plan } from './plan.ts'
import { countSegments, type Grid, partialSamples } from './segment.ts'

/* The sizes of the files that are made of a song. */

const FLOAT_BYTES = 4
/** A peak stands for 23 ms at most: less than a pixel of a waveform that shows half a minute. */
const SAMPLES_PER_PEAK = 1_024
/**
 * Results that wait for their neighbours: one or two for each worker while segments are done in order, at most half of the
 * segments while somebody seeks to and fro in the song.
 */
const MOST_WAITING_RESULTS = 8

/** Bytes of one result: the partial sums of every computed stem, float32 stereo, one stem after the other. */
export function resultBytes({ stems, grid }: Plan): number {
  return (stems.length - 1) * partialSamples(grid) * CHANNELS * FLOAT_BYTES
}

/** How many peaks, of a byte each, a block's waveform has. */
export function peaksPerBlock({ strideSamples }: Pick<Grid, 'strideSamples'>): number {
  return Math.ceil(strideSamples / SAMPLES_PER_PEAK)
}

/** Bytes of one mix as WAV, and the most that it takes in any other format. */
export function mixBytes(samples: number): number {
  return WAV_HEADER_BYTES + samples * BYTES_PER_STEREO_SAMPLE
}

/**
 * Bytes of everything that is made of a song beside the upload: its decoded sound, its stems with their peaks, its mixes, and
 * during the separation the results of workers.
 */
export function songBytes({ plan, samples, mixes }: { plan: Plan; samples: number; mixes: number }): number {
  if (samples === 0) return 0
  const segments = countSegments(plan.grid, samples)
  const sounds = 1 + plan.stems.length + mixes
  const peaks = plan.stems.length * segments * peaksPerBlock(plan.grid)
  const results = Math.min(Math.ceil(segments / 2) + 1, MOST_WAITING_RESULTS)
  return sounds * mixBytes(samples) + peaks + results * resultBytes(plan)
}
