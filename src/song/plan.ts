import type { Grid } from './segment.ts'

/**
 * How one song is taken apart, fixed when it is added: whatever happens to the installed models later, its jobs, its
 * stretches and its stems stay what they were begun as.
 */
export type Plan = {
  /** The model's name and the hash of its description. */
  modelId: string
  grid: Grid
  stems: readonly string[]
  /** The stem that is what the others leave of the song. */
  rest: string
  /** Nothing can be separated before all of it is decoded. */
  needsWholeSong: boolean
}
