import { SAMPLE_RATE } from './pcm.ts'
/**
 * The lengths by which a song is cut into segments.
 *
 * A song of n samples is a row of blocks of `strideSamples` each: block k is [k·stride, (k+1)·stride). Each block has one
 * segment. The segment's input extends beyond the block on both sides, with zeros outside of the song. Its result, the
 * partial sums, begins at the block's first sample and extends `tailSamples` into the next block. So block k is final when
 * the partial sums k−1 (tail) and k (body) are there, and no sample waits for more than two jobs. All positions count
 * samples of both channels at 44,100 Hz.
 */
export type Grid = {
  /** Samples from one block to the next. */
  strideSamples: number
  /** Where a segment's input begins, relative to its block's first sample. Negative: before it. */
  inputOffsetSamples: number
  inputSamples: number
  /** How far a segment's partial sums extend into the next block. */
  tailSamples: number
}

/**
 * Statistics of the whole song, for models that need them: mean and standard deviation (sample, n − 1) of the mean of both
 * channels. Full scale is 1.
 */
export type SongStatistics = { mean: number; deviation: number }

/** Samples [start, start + samples) of a song. Samples outside of the song are zeros. */
export type Span = { startSample: number; samples: number }

/** The number of segments, jobs and blocks of a song. */
export function countSegments(grid: Grid, songSamples: number): number {
  return Math.ceil(songSamples / grid.strideSamples)
}

/** The input of segment `index`. */
export function inputOf(grid: Grid, index: number): Span {
  return { startSample: index * grid.strideSamples + grid.inputOffsetSamples, samples: grid.inputSamples }
}

/** The samples of block `index`. The last block may be shorter. */
export function blockOf(grid: Grid, index: number, songSamples: number): Span {
  const startSample = index * grid.strideSamples
  return { startSample, samples: Math.max(0, Math.min(grid.strideSamples, songSamples - startSample)) }
}

/** The length of a segment's partial sums: its block and the tail. */
export function partialSamples(grid: Grid): number {
  return grid.strideSamples + grid.tailSamples
}

/**
 * The number of segments whose whole input is decoded. Until the whole song is decoded its end is unknown, so a segment that
 * extends beyond the decoded part waits.
 */
export function countReadySegments(grid: Grid, decodedSamples: number, isWholeSong: boolean): number {
  if (isWholeSong) return countSegments(grid, decodedSamples)
  const reach = grid.inputOffsetSamples + grid.inputSamples
  return Math.max(0, Math.floor((decodedSamples - reach) / grid.strideSamples) + 1)
}

/**
 * Samples less than 20 s ahead of a song's own decoding will be decoded soon. Beside busy workers, a decoder does about 100
 * s of sound per second.
 */
export const SOON_DECODED_SAMPLES = 20 * SAMPLE_RATE
