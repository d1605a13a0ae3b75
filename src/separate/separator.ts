import type { Grid, SongStatistics } from '../song/segment.ts'

export type SegmentInput = {
  /** 16-bit stereo, interleaved, `grid.inputSamples` long, zeros outside the song. */
  input: Int16Array
  /** The segment's number in the song, from 0. */
  index: number
  /** The statistics of the whole song, for models that need them. */
  statistics: SongStatistics | null
}

/**
 * Separates segments of a song into stems. It is deterministic: the same input gives the same bits on every machine of one
 * CPU type, whatever was separated before.
 */
export type Separator = {
  readonly grid: Grid
  /** The stems that it computes, in the order of its results. The model's rest is computed when results are assembled. */
  readonly stems: readonly string[]
  /**
   * Calls may overlap; they are done one after the other.
   * @returns the partial sums of each stem: float32 in units of one 16-bit step, stereo interleaved, from the block's first
   *   sample on, `partialSamples(grid)` long. The caller owns them.
   * @param signal cancels the call between two networks, with its reason
   */
  separate(segment: SegmentInput, signal?: AbortSignal): Promise<Float32Array[]>
}
