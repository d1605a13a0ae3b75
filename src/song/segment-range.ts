/** The segments [from, to) of a song. */
export type SegmentRange = { from: number; to: number }
