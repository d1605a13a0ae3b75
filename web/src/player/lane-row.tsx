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
        <Switch
          column="mute"
          label={`Mute ${name}`}
          isTabStop={isFirst}
          isOn={mix.muted.includes(trackId)}
          onToggle={() => onChange({ ...mix, muted: toggled(mix.muted, trackId) })}
        >
          M
        </Switch>
        <Switch
          column="solo"
          label={`Solo ${name}`}
          isTabStop={isFirst}
          isOn={mix.solo.includes(trackId)}
          onToggle={() => onChange({ ...mix, solo: toggled(mix.solo, trackId) })}
        >
          S
        </Switch>
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

/** @param isTabStop at first; later the column's Tab stop is where the focus was last */
function Switch({
  column,
  label,
  isTabStop,
  isOn,
  onToggle,
  children,
}: {
  column: 'mute' | 'solo'
  label: string
  isTabStop: boolean
  isOn: boolean
  onToggle(): void
  children: ComponentChildren
}) {
  return (
    <button
      type="button"
      class="icon"
      data-column={column}
      tabIndex={isTabStop ? 0 : -1}
      aria-pressed={isOn}
      aria-label={label}
      title={label}
      onKeyDown={stepThroughColumn}
      onClick={onToggle}
    >
      {children}
    </button>
  )
}
