import type { Song } from './server/songs.ts'

/** Whether a song has something to play, or will have in a moment. */
export function canPlay({ segments, progress }: Song): boolean {
  return segments.length > 0 || progress?.state === 'ready' || progress?.state === 'mixing'
}
