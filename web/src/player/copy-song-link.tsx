import { formatAddress, HOME } from '../address.ts'
import { CopyButton } from '../design/copy-button.tsx'
import type { Song } from '../server/songs.ts'
import { gainsOf, mixInForce } from './mix.ts'
import { SAMPLE_RATE } from './mixer.ts'
import type { Player } from './player.ts'
import { practiceInForce } from './practice-in-force.ts'
import { stemsOfMix } from './stem-mix.ts'

/** Copies the address of a song as it is heard now: place, loop, mix, key and tempo. */
export function CopySongLink({ player, song }: { player: Player; song: Song }) {
  return <CopyButton text={() => linkTo(player, song)} label="Copy link" />
}

function linkTo(player: Player, { music }: Song): string {
  const { music_id } = music
  const { loop } = player.settings.of(music_id).peek()
  const { semitones, tempo } = practiceInForce(player, music_id)
  const position = player.isOpen(music_id) ? player.position.peek() : 0
  const mix = mixInForce(player.settings, music)
  const query = formatAddress({
    ...HOME,
    song: music_id,
    at: position > 0 ? Math.round((10 * position) / SAMPLE_RATE) / 10 : null,
    loop,
    // A mix in which nothing sounds helps nobody.
    mix: gainsOf(music, mix).some((gain) => gain > 0) ? stemsOfMix(music, mix) : null,
    semitones: semitones === 0 ? null : semitones,
    tempo: tempo === 1 ? null : tempo,
  })
  return new URL(query, document.baseURI).href
}
