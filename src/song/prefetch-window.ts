/** A place in a song, such as a playhead: the song and a segment of it. */
export type PlaceInSong = { songId: number; segment: number }

/**
 * The number of blocks after the playhead that are prefetched: 40 s with the bundled models. Beyond them songs take turns, so
 * that no listener waits for all of another listener's song.
 */
const PREFETCH_BLOCKS = 10

/**
 * The segments that a listener needs soon: from the one before the playhead to the tenth after it. The segment before the
 * playhead is needed because its tail completes the block at the playhead.
 */
export function prefetchWindow(segment: number): { first: number; last: number } {
  return { first: Math.max(0, segment - 1), last: segment + PREFETCH_BLOCKS }
}
