import { effect } from '@preact/signals'
import { address, formatAddress } from './address.ts'
import { SAMPLE_RATE } from './player/mixer.ts'
import type { Player } from './player/player.ts'

/**
 * Follows the address: what it says of a song counts more than the song's own settings, until the user changes that. It is not
 * saved.
 */
export function applyAddress(player: Player): void {
  // Back leads to an address again, but not back from what the user has changed since.
  const applied = new Set<string>()
  effect(() => {
    const query = formatAddress(address.value)
    if (applied.has(query)) return
    applied.add(query)
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
