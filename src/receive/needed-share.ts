import { expectedSamples, type Song } from '../store/queries/songs.ts'

/** The input of a segment ends within the block after its own. */
const NEEDED_BLOCKS = 2

/**
 * The share (0 to 1) of a song's file that must have arrived so that a segment can be decoded. 0 if the length is unknown,
 * because the file may then be decoded as far as it has arrived.
 */
export function neededShare(song: Song, segment: number): number {
  if (song.announcedSeconds === null) return 0
  const neededSamples = (segment + NEEDED_BLOCKS) * song.plan.grid.strideSamples
  return Math.min(1, neededSamples / expectedSamples(song))
}
