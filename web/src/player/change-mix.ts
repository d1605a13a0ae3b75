import { act } from '../act.ts'
import { keepTracks, type Music, type Progress } from '../api.ts'
import { type Mix, setMix } from './mix.ts'

/** Sets how a song is heard. The mix on the server, which can be downloaded, gets the same parts; there is none of nothing. */
export function changeMix({ music_id, tracks }: Music, progress: Progress | null, next: Mix): void {
  setMix(music_id, next)
  const kept = tracks.map(({ track_id }) => track_id).filter((id) => !next.muted.includes(id))
  if (kept.length > 0 && kept.join() !== progress?.tracks.join()) act(keepTracks(music_id, kept))
}
