import type { ComponentChildren } from 'preact'
import { MIN_DB } from './mix.ts'

const MAX_DB = 6

/** The loudness of one stem, above a meter of its sound. A double click sets 0 dB. */
export function Fader({
  name,
  gainDb,
  meter,
  onChange,
}: {
  name: string
  gainDb: number
  meter: ComponentChildren
  onChange(gainDb: number): void
}) {
  const sign = gainDb > 0 ? '+' : gainDb < 0 ? '−' : ''
  const words = gainDb <= MIN_DB ? 'silent' : `${sign}${Math.abs(gainDb)} dB`
  return (
    <div class="fader">
      <input
        type="range"
        min={MIN_DB}
        max={MAX_DB}
        step={1}
        value={gainDb}
        aria-label={`Loudness of ${name}`}
        aria-valuetext={words}
        onInput={(event) => onChange(event.currentTarget.valueAsNumber)}
        onDblClick={() => onChange(0)}
      />
      <span class="decibels numbers small">{words}</span>
      {meter}
    </div>
  )
}
