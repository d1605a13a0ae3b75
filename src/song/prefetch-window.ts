/** A playhead: a song, and the segment whose block is heard. */
export type PlaceInSong = { songId: number; segment: number }

/**
 * The number of urgent blocks after a playhead: 40 s with the bundled models. Beyond them songs take turns, so that two
 * listeners are both served.
 */
const PREFETCH_BLOCKS = 10

/**
 * The segments that a listener needs next, both ends included. The segment before the playhead is one of them, because its
 * tail completes the block at the playhead.
 */
export function prefetchWindow(segment: number): { first: number; last: number } {
  return { first: Math.max(0, segment - 1), last: segment + PREFETCH_BLOCKS }
}
