import { Icon } from '../design/icon.tsx'
import type { Song } from '../server/songs.ts'
import { changeMix } from './change-mix.ts'
import { addMarker } from './markers.ts'
import { isSameMix, mixesOf, mixInForce } from './mix.ts'
import type { Player } from './player.ts'

const TRAINER = { stepPercent: 5, targetTempo: 1 }

/** Mixes at one press, the loop trainer, and a marker at the playhead. */
export function PracticeTools({ player, song, title }: { player: Player; song: Song; title: string }) {
  const { music } = song
  const isOpen = player.isOpen(music.music_id)
  const mix = mixInForce(player.settings, music)
  const hasOwnMix = player.settings.of(music.music_id).value.mix !== null
  const isTraining = isOpen && player.practising.trainer.value !== null
  return (
    <div class="practice-tools">
      <fieldset aria-label={`Mixes of ${title}`}>
        <button type="button" aria-pressed={!hasOwnMix} onClick={() => changeMix(player, song, null)}>
          Without my part
        </button>
        {mixesOf(music).map(({ name, mix: each }) => (
          <button
            key={name}
            type="button"
            aria-pressed={hasOwnMix && isSameMix(each, mix)}
            onClick={() => changeMix(player, song, each)}
          >
            {name}
          </button>
        ))}
      </fieldset>
      <fieldset aria-label={`Practice of ${title}`}>
        <button
          type="button"
          aria-pressed={isTraining}
          disabled={!isOpen || !player.loop.value || !player.isInAudioThread.value}
          title="Set a loop and a slow tempo first. Each pass of the loop is 5 % faster, up to the tempo of the recording."
          onClick={() => {
            player.practising.trainer.value = isTraining ? null : TRAINER
          }}
        >
          Loop trainer +5 %
        </button>
        <button
          type="button"
          title="Mark this place (M)"
          disabled={!isOpen}
          onClick={() => addMarker(player, music.music_id)}
        >
          <Icon name="flag" /> Mark
        </button>
      </fieldset>
    </div>
  )
}
