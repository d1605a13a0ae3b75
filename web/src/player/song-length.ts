import type { Song } from '../server/songs.ts'
import { SAMPLE_RATE } from './mixer.ts'

/** The song's length in samples. Until it is decoded, the length that its file states, or that of its final blocks if longer. */
export function lengthOf({ music: { duration }, segments }: Song): number {
  const last = segments.at(-1)
  return Math.max(
    Math.round((duration ?? 0) * SAMPLE_RATE),
    last?.state === 'final' ? last.startSample + last.samples : 0,
  )
}
