import { showFailure } from '../notice.ts'
import { type Song, songs } from '../server/songs.ts'
import { type Mix, mixOf, setMix } from './mix.ts'
import { recordMix } from './mix-history.ts'
import type { Player } from './player.ts'

/** Sets the mix of a song, as a step that can be undone. */
export function changeMix(player: Player, song: Song, next: Mix): void {
  const { music, progress } = song
  const apply = (mix: Mix) => applyMix(player, songs.value.get(music.music_id) ?? song, mix)
  recordMix(music, { before: mixOf(music, progress), after: next, apply })
  apply(next)
}

/** The server makes the mix to download from the same tracks, if any track is left. */
function applyMix({ trackRequests }: Player, { music, progress }: Song, next: Mix): void {
  const { music_id, tracks } = music
  setMix(music_id, next)
  const kept = tracks.map(({ track_id }) => track_id).filter((id) => !next.muted.includes(id))
  if (kept.length > 0) showFailure(trackRequests.send(music_id, kept, progress?.tracks))
}
