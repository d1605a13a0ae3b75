import { SAMPLE_RATE } from '../song/pcm.ts'
import type { Plan } from '../song/plan.ts'
import { songBytes } from '../song/song-size.ts'
import type { Quota } from '../store/data-folder/quota.ts'
import type { ProbedSong } from './probe-song.ts'

/**
 * Adds a song if there is room for everything that will be derived from it. Throws a UserError (no-room) if there is not.
 * @param admitted what the song was already admitted with
 */
export function admitSong<T>(
  quota: Quota,
  { plan, found, admitted, add }: { plan: Plan; found: ProbedSong; admitted?: ProbedSong; add(): T },
): Promise<T> {
  const bytesOf = ({ announcedSeconds }: ProbedSong): number =>
    songBytes({ plan, samples: Math.round((announcedSeconds ?? 0) * SAMPLE_RATE), mixes: 1 })
  const bytes = bytesOf(found) - (admitted ? bytesOf(admitted) : 0)
  return quota.admit({ what: 'this song', bytes: Math.max(0, bytes), begin: add })
}
