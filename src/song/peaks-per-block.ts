import type { Grid } from './segment.ts'

/** A peak covers at most 23 ms: less than a pixel of a waveform that shows half a minute. */
const SAMPLES_PER_PEAK = 1_024

/** The number of peaks, one byte each, in a block's waveform. */
export function peaksPerBlock({ strideSamples }: Pick<Grid, 'strideSamples'>): number {
  return Math.ceil(strideSamples / SAMPLES_PER_PEAK)
}
