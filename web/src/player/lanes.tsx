import type { Song } from '../server/songs.ts'
import { changeMix } from './change-mix.ts'
import { LaneRow } from './lane-row.tsx'
import { Meter } from './meter.tsx'
import { gainsOf, type Mix, mixInForce } from './mix.ts'
import type { Player } from './player.ts'
import { followFocus } from './step-through-column.ts'
import { usePeaks } from './waveforms/peaks.ts'
import { Ruler } from './waveforms/ruler.tsx'
import { useSamples } from './waveforms/use-samples.ts'
import { Waveform } from './waveforms/waveform.tsx'
import { Zoom } from './waveforms/zoom.tsx'

/** The stems of a song, one lane each: mute, solo, loudness, place between left and right, and waveform. */
export function Lanes({ player, song, title }: { player: Player; song: Song; title: string }) {
  const { music } = song
  const peaks = usePeaks(song)
  const samples = useSamples(song)
  const mix = mixInForce(player.settings, music)
  const gains = gainsOf(music, mix)
  return (
    <div class="parts">
      <Ruler player={player} song={song} title={title} />
      <ul class="lanes" aria-label={`Stems of ${title}`} onFocusIn={followFocus}>
        {music.tracks.map(({ name, track_id }, index) => (
          <LaneRow
            key={track_id}
            name={name}
            trackId={track_id}
            isFirst={index === 0}
            mix={mix}
            isHeard={gains[index] !== 0}
            meter={<Meter player={player} musicId={music.music_id} lane={index} />}
            onChange={(next: Mix) => changeMix(player, song, next)}
          >
            <Waveform player={player} song={song} peaks={peaks} samples={samples} trackId={track_id} />
          </LaneRow>
        ))}
      </ul>
      <Zoom player={player} song={song} title={title} />
    </div>
  )
}
