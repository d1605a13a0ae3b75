import type { MediaPool } from '../audio/media/media-pool.ts'
import { stretchSound } from '../audio/stretch-sound.ts'
import { isAsRecorded, samplesInTempo } from '../song/practice-settings.ts'
import type { Song } from '../store/queries/songs.ts'
import { type Folders, stemPath } from '../store/song-files/paths.ts'
import { type Mix, practiceOf } from '../store/tables/mix-columns.ts'
import { mixStems } from './mix.ts'

/** The sound of a mix of a separated song, in its key and tempo, and its length. Nothing is read before the sound is. */
export function mixSound({
  folders,
  song: { id: songId, samples },
  mix,
  mediaPool,
  signal,
}: {
  folders: Folders
  song: Song
  mix: Mix
  mediaPool: MediaPool
  signal: AbortSignal
}): { pcm: AsyncIterable<Buffer>; samples: number } {
  const stems = mix.tracks.map((trackId) => {
    return {
      path: stemPath(folders, { songId, trackId }),
      decibels: mix.gains[trackId] ?? 0,
      pan: mix.pan?.[trackId] ?? 0,
    }
  })
  const practice = practiceOf(mix)
  const pcm = mixStems({ stems, samples, signal })
  if (isAsRecorded(practice)) return { pcm, samples }
  const stretched = stretchSound({ pcm, samples, practice, mediaPool, signal })
  return { pcm: stretched, samples: samplesInTempo(samples, practice.tempo) }
}
