import type { ComponentChildren } from 'preact'
import { MIN_DB } from './mix.ts'

const MAX_DB = 6

/** The gain of one track. A double click sets 0 dB. */
export function Fader({
  name,
  gainDb,
  onChange,
  children,
}: {
  name: string
  gainDb: number
  onChange(gainDb: number): void
  children: ComponentChildren
}) {
  const words = gainDb <= MIN_DB ? 'silent' : `${gainDb > 0 ? '+' : ''}${gainDb} dB`
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
      <span class="decibels">{words}</span>
      {children}
    </div>
  )
}
