import type { ComponentChildren } from 'preact'
import { colorOfStem, Icon, iconOfStem } from '../design/icon.tsx'
import { Fader } from './fader.tsx'
import { type Mix, toggled } from './mix.ts'
import { Pan } from './pan.tsx'
import { stepThroughColumn } from './step-through-column.ts'

/**
 * One stem. Its mute and solo buttons stand in columns: Tab reaches a column once, and the arrows up and down lead through it.
 * @param children the waveform
 */
export function LaneRow({
  name,
  trackId,
  isFirst,
  mix,
  isHeard,
  meter,
  onChange,
  children,
}: {
  name: string
  trackId: number
  isFirst: boolean
  mix: Mix
  isHeard: boolean
  meter: ComponentChildren
  onChange(mix: Mix): void
  children: ComponentChildren
}) {
  return (
    <li class={isHeard ? 'lane heard' : 'lane'} style={{ '--stem': colorOfStem(name) }} aria-label={name}>
      <div class="lane-name">
        <Icon name={iconOfStem(name)} />
        <span>{name}</span>
      </div>
      <div class="lane-switches">
        <button
          type="button"
          class="icon"
          data-column="mute"
          tabIndex={isFirst ? 0 : -1}
          aria-pressed={mix.muted.includes(trackId)}
          aria-label={`Mute ${name}`}
          title={`Mute ${name}`}
          onKeyDown={stepThroughColumn}
          onClick={() => onChange({ ...mix, muted: toggled(mix.muted, trackId) })}
        >
          M
        </button>
        <button
          type="button"
          class="icon"
          data-column="solo"
          tabIndex={isFirst ? 0 : -1}
          aria-pressed={mix.solo.includes(trackId)}
          aria-label={`Solo ${name}`}
          title={`Solo ${name}`}
          onKeyDown={stepThroughColumn}
          onClick={() => onChange({ ...mix, solo: toggled(mix.solo, trackId) })}
        >
          S
        </button>
      </div>
      <Fader
        name={name}
        gainDb={mix.decibels[trackId] ?? 0}
        meter={meter}
        onChange={(gainDb) => onChange({ ...mix, decibels: { ...mix.decibels, [trackId]: gainDb } })}
      />
      <Pan
        name={name}
        pan={mix.pan[trackId] ?? 0}
        onChange={(pan) => onChange({ ...mix, pan: { ...mix.pan, [trackId]: pan } })}
      />
      {children}
    </li>
  )
}
