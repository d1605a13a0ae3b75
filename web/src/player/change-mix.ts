import type { StemMix } from '../../../src/song/practice-settings.ts'
import type { Song } from '../server/songs.ts'
import { type Mix, mixOf } from './mix.ts'
import { recordMix } from './mix-history.ts'
import type { Player } from './player.ts'
import { stemsOfMix } from './stem-mix.ts'

/** Sets the mix of a song, as a step that can be undone. Null: the song follows the user's instrument again. */
export function changeMix({ settings }: Player, { music }: Song, next: Mix | null): void {
  const { music_id } = music
  const saved = settings.of(music_id).peek().mix
  const after = next && stemsOfMix(music, next)
  recordMix(music, {
    before: mixOf(music, saved),
    after: mixOf(music, after),
    undo: () => set(saved),
    redo: () => set(after),
  })
  set(after)

  function set(mix: StemMix | null): void {
    settings.change(music_id, { mix })
  }
}
