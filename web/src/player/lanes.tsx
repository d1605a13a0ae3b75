import type { Song } from '../server/songs.ts'
import { changeMix } from './change-mix.ts'
import { Downloads } from './downloads.tsx'
import { Fader } from './fader.tsx'
import { gainsOf, isSameMix, type Mix, mixOf, presetsOf, toggled } from './mix.ts'
import type { Player } from './player.ts'
import { usePeaks } from './waveforms/peaks.ts'
import { Waveform } from './waveforms/waveform.tsx'
import { Zoom } from './waveforms/zoom.tsx'

/** The tracks of a song, one lane each, with mute, solo, fader and waveform; above them the presets. */
export function Lanes({ player, song, title }: { player: Player; song: Song; title: string }) {
  const { music, progress } = song
  const peaks = usePeaks(song)
  const mix = mixOf(music, progress)
  const change = (next: Mix) => changeMix(player, song, next)
  const gains = gainsOf(music, mix)
  return (
    <div class="parts">
      <fieldset class="presets" aria-label={`Mixes of ${title}`}>
        {presetsOf(music).map(({ name, mix: preset }) => (
          <button key={name} type="button" aria-pressed={isSameMix(preset, mix)} onClick={() => change(preset)}>
            {name}
          </button>
        ))}
      </fieldset>
      <ul class="lanes" aria-label={`Parts of ${title}`}>
        {music.tracks.map(({ name, track_id }, index) => {
          const file = progress?.instruments.find((instrument) => instrument.name === name)
          return (
            <li key={track_id} class={gains[index] ? 'heard' : ''}>
              <label>
                <input
                  type="checkbox"
                  checked={!mix.muted.includes(track_id)}
                  onChange={() => change({ ...mix, muted: toggled(mix.muted, track_id) })}
                />
                {name}
              </label>
              <button
                type="button"
                class="solo"
                aria-pressed={mix.solo.includes(track_id)}
                aria-label={`solo ${name}`}
                onClick={() => change({ ...mix, solo: toggled(mix.solo, track_id) })}
              >
                solo
              </button>
              <Fader
                name={name}
                gainDb={mix.decibels[track_id] ?? 0}
                onChange={(next) => change({ ...mix, decibels: { ...mix.decibels, [track_id]: next } })}
              >
                <Level player={player} musicId={music.music_id} lane={index} />
              </Fader>
              {file ? <Downloads title={name} url={file.track} /> : null}
              <Waveform player={player} song={song} peaks={peaks} trackId={track_id} />
            </li>
          )
        })}
      </ul>
      <Zoom player={player} song={song} title={title} />
    </div>
  )
}

/** The only part of a lane that is drawn 20 times a second. */
function Level({ player, musicId, lane }: { player: Player; musicId: number; lane: number }) {
  const level = player.isOpen(musicId) ? (player.levels.value[lane] ?? 0) : 0
  return (
    <div class="level" aria-hidden="true">
      <div style={{ transform: `scaleX(${levelWidth(level)})` }} />
    </div>
  )
}

/** The range from -60 dBFS to full scale, as 0 to 1. */
function levelWidth(level: number): number {
  return level > 0 ? Math.max(0, Math.min(1, 1 + (20 * Math.log10(level)) / 60)) : 0
}
