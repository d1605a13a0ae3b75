import type { ComponentChildren } from 'preact'
import type { Music } from './api.ts'
import { Downloads } from './downloads.tsx'
import { changeMix } from './player/change-mix.ts'
import { gainsOf, isSameMix, LOWEST_DB, type Mix, mixOf, presetsOf, toggled } from './player/mix.ts'
import { isCurrent, levels } from './player/player.ts'
import type { Song } from './state.ts'
import { usePeaks } from './waveforms/peaks.ts'
import { Waveform } from './waveforms/waveform.tsx'
import { Zoom } from './waveforms/zoom.tsx'

/** The parts of a song, one lane each: heard or not, alone, how loud; and the mixes people want most. */
export function Lanes({ song, title }: { song: Song; title: string }) {
  const { music, progress } = song
  const peaks = usePeaks(song)
  const mix = mixOf(music, progress)
  const change = (next: Mix) => changeMix(music, progress, next)
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
          const isMuted = mix.muted.includes(track_id)
          const isSolo = mix.solo.includes(track_id)
          const db = mix.decibels[track_id] ?? 0
          return (
            <li key={track_id} class={gains[index] ? 'kept' : ''}>
              <label>
                <input
                  type="checkbox"
                  checked={!isMuted}
                  onChange={() => change({ ...mix, muted: toggled(mix.muted, track_id) })}
                />
                {name}
              </label>
              <button
                type="button"
                class="solo"
                aria-pressed={isSolo}
                aria-label={`solo ${name}`}
                onClick={() => change({ ...mix, solo: toggled(mix.solo, track_id) })}
              >
                solo
              </button>
              <Fader
                name={name}
                decibels={db}
                onChange={(next) => change({ ...mix, decibels: { ...mix.decibels, [track_id]: next } })}
              >
                <Level music={music} lane={index} />
              </Fader>
              {file ? <Downloads title={name} url={file.track} /> : null}
              <Waveform song={song} peaks={peaks} trackId={track_id} />
            </li>
          )
        })}
      </ul>
      <Zoom song={song} title={title} />
    </div>
  )
}

function Fader({
  name,
  decibels,
  onChange,
  children,
}: {
  name: string
  decibels: number
  onChange(decibels: number): void
  children: ComponentChildren
}) {
  const words = decibels <= LOWEST_DB ? 'silent' : `${decibels > 0 ? '+' : ''}${decibels} dB`
  return (
    <div class="fader">
      <input
        type="range"
        min={LOWEST_DB}
        max={6}
        step={1}
        value={decibels}
        aria-label={`Loudness of ${name}`}
        aria-valuetext={words}
        onInput={(event) => onChange(event.currentTarget.valueAsNumber)}
        onDblClick={() => onChange(0)}
      />
      <span class="decibels">{words}</span>
      {children}
    </div>
  )
}

/** The only part of a lane that is drawn anew twenty times a second. */
function Level({ music, lane }: { music: Music; lane: number }) {
  const level = isCurrent(music) ? (levels.value[lane] ?? 0) : 0
  return (
    <div class="level" aria-hidden="true">
      <div style={{ transform: `scaleX(${levelWidth(level)})` }} />
    </div>
  )
}

/** -60 dBFS to full scale. */
function levelWidth(level: number): number {
  return level > 0 ? Math.max(0, Math.min(1, 1 + (20 * Math.log10(level)) / 60)) : 0
}
