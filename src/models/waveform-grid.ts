import type { Grid } from '../song/segment.ts'

/** The share of a segment that the next segment of a waveform model overlaps. */
const OVERLAP = 1 / 4

/** Segments of `samples` that overlap by a quarter and begin with the song's first sample. Zeros follow the song's end. */
export function waveformGrid(samples: number): Grid {
  const tailSamples = Math.floor(samples * OVERLAP)
  return { strideSamples: samples - tailSamples, inputOffsetSamples: 0, inputSamples: samples, tailSamples }
}
