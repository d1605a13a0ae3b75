import { SAMPLE_RATE } from '../song/pcm.ts'
import type { Plan } from '../song/plan.ts'
import { songBytes } from '../song/song-size.ts'
import type { Quota } from '../store/data-folder/quota.ts'
import type { ProbedSong } from './probe-song.ts'

/**
 * Adds a song if there is room for everything that will be derived from it. Throws a UserError (no-room) if there is not.
 * @param reserved what the song was already reserved with
 */
export function reserveSongSpace<T>(
  quota: Quota,
  { plan, found, reserved, add }: { plan: Plan; found: ProbedSong; reserved?: ProbedSong; add(): T },
): Promise<T> {
  const bytesOf = ({ announcedSeconds }: ProbedSong): number =>
    songBytes({ plan, samples: Math.round((announcedSeconds ?? 0) * SAMPLE_RATE), mixes: 1 })
  const bytes = bytesOf(found) - (reserved ? bytesOf(reserved) : 0)
  return quota.admit({ what: 'this song', bytes: Math.max(0, bytes), begin: add })
}
