import { showFailure } from '../notice.ts'
import type { Song } from '../server/songs.ts'
import { type Mix, setMix } from './mix.ts'
import type { Player } from './player.ts'

/** Sets the mix of a song. The server makes the mix to download from the same tracks, if any track is left. */
export function changeMix({ trackRequests }: Player, { music, progress }: Song, next: Mix): void {
  const { music_id, tracks } = music
  setMix(music_id, next)
  const kept = tracks.map(({ track_id }) => track_id).filter((id) => !next.muted.includes(id))
  if (kept.length > 0) showFailure(trackRequests.send(music_id, kept, progress?.tracks))
}
