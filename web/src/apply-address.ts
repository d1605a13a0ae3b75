import { effect } from '@preact/signals'
import { address } from './address.ts'
import { SAMPLE_RATE } from './player/mixer.ts'
import type { Player } from './player/player.ts'

/**
 * Follows the address: what it says of a song counts more than the song's own settings, until the user changes that. It is not
 * saved.
 */
export function applyAddress(player: Player): void {
  effect(() => {
    const { song, at, loop, mix, semitones, tempo } = address.value
    if (song === null) return
    if (at !== null) player.starts.set(song, Math.round(at * SAMPLE_RATE))
    player.settings.override(song, {
      ...(mix && { mix }),
      ...(loop && { loop }),
      ...(semitones !== null && { semitones }),
      ...(tempo !== null && { tempo }),
    })
  })
}
