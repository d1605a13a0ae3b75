import type { Grid } from '../song/segment.ts'

/** Neighbouring segments of a waveform model share a quarter. */
const OVERLAP = 1 / 4

/** Segments of `samples`, each a quarter into the next, from the song's first sample on; zeros beyond its end. */
export function waveformGrid(samples: number): Grid {
  const tailSamples = Math.floor(samples * OVERLAP)
  return { strideSamples: samples - tailSamples, inputOffsetSamples: 0, inputSamples: samples, tailSamples }
}
