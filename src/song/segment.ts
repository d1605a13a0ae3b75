import { SAMPLE_RATE } from '../audio/pcm.ts'
/**
 * The plan by which every song is cut, the same for every caller, machine and model.
 *
 * A song of n samples is a row of blocks of `strideSamples` each; block k is [k·stride, (k+1)·stride). One segment
 * belongs to each block: its input reaches beyond the block on both sides (zeros outside the song), and what a
 * separator returns for it, the partial sums, begins where the block begins and runs `tailSamples` into the next one.
 * So block k is final as soon as the partials k−1 (its tail) and k (its body) are there, and no sample ever waits for
 * more than two jobs. All positions count samples of both channels at 44,100 Hz.
 */
export type Grid = {
  /** Samples from one block to the next. */
  strideSamples: number
  /** Where a segment's input begins, counted from its block's first sample (negative: before it). */
  inputOffsetSamples: number
  inputSamples: number
  /** How far a segment's partial sums run into the next block. */
  tailSamples: number
}

/**
 * What a model that hears a song as a whole needs to know of all of it: mean and standard deviation (of a sample, n − 1)
 * of the mean of both channels, full scale = 1.
 */
export type SongLevel = { mean: number; deviation: number }

/** Samples [start, start + samples) of a song; start may be negative and the end beyond the song: zeros are meant there. */
export type Span = { startSample: number; samples: number }

/** How many segments, and so jobs and blocks, a song of that many samples has. */
export function countSegments(grid: Grid, songSamples: number): number {
  return Math.ceil(songSamples / grid.strideSamples)
}

/** What segment `index` needs to hear. */
export function inputOf(grid: Grid, index: number): Span {
  return { startSample: index * grid.strideSamples + grid.inputOffsetSamples, samples: grid.inputSamples }
}

/** The samples that are final once the partials `index − 1` and `index` are there; the last block may be shorter. */
export function blockOf(grid: Grid, index: number, songSamples: number): Span {
  const startSample = index * grid.strideSamples
  return { startSample, samples: Math.max(0, Math.min(grid.strideSamples, songSamples - startSample)) }
}

/** Length of a segment's partial sums: its block and the tail in the next one. */
export function partialSamples(grid: Grid): number {
  return grid.strideSamples + grid.tailSamples
}

/**
 * How many segments can be separated when so many samples of a song are decoded: those whose whole input is there.
 * While decoding goes on the song's true end is unknown, so a segment that reaches beyond the decoded part waits.
 */
export function countReadySegments(grid: Grid, decodedSamples: number, isWholeSong: boolean): number {
  if (isWholeSong) return countSegments(grid, decodedSamples)
  const reach = grid.inputOffsetSamples + grid.inputSamples
  return Math.max(0, Math.floor((decodedSamples - reach) / grid.strideSamples) + 1)
}

/**
 * Sound less than 20 s ahead of a song's own decoding is decoded soon: beside the workers the decoder does some 100 s of
 * sound in a second.
 */
export const SOON_DECODED_SAMPLES = 20 * SAMPLE_RATE
