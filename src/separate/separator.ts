import type { Grid, SongLevel } from '../song/segment.ts'

export type SegmentInput = {
  /** 16-bit stereo, interleaved, `grid.inputSamples` long, zeros outside the song. */
  input: Int16Array
  /** Which segment of the song this is. */
  index: number
  /** Of the whole song, for models that need it. */
  level: SongLevel | null
}

/**
 * Anything that takes a segment of a song apart. A separator is deterministic: the same input gives the same bits on
 * every machine of one CPU type, whatever ran before it.
 */
export type Separator = {
  readonly grid: Grid
  /** The stems it computes, in the order of its results; the model's rest is left to the assembly. */
  readonly stems: readonly string[]
  /**
   * Calls may overlap; they are done one after the other.
   * @returns for each stem its partial sums: float32 in units of one 16-bit step, stereo interleaved, from the
   *   block's first sample on, `partialSamples(grid)` long; the caller's to keep
   * @param signal gives it up between two networks, with its reason; what is nearly done is finished
   */
  separate(segment: SegmentInput, signal?: AbortSignal): Promise<Float32Array[]>
}
