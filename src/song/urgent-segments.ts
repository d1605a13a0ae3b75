/** A place of a song where somebody listens, as the segment whose block is heard there. */
export type PlaceInSong = { songId: number; segment: number }

/** So many blocks after a playhead are urgent, 40 s with the bundled models. Beyond them songs take turns, so that two listeners are both served. */
const URGENT_BLOCKS = 10

/**
 * The segments that a listener needs next, both ends included. The segment before the playhead is one of them: its tail has
 * the beginning of the block under the playhead.
 */
export function urgentSegments({ segment }: Pick<PlaceInSong, 'segment'>): { first: number; last: number } {
  return { first: Math.max(0, segment - 1), last: segment + URGENT_BLOCKS }
}
