import { MIN_DB } from './mix.ts'

const MAX_DB = 6

/** The loudness of one stem, and a meter of its sound. A double click sets 0 dB. @param level from 0 to 1 */
export function Fader({
  name,
  gainDb,
  level,
  onChange,
}: {
  name: string
  gainDb: number
  level: number
  onChange(gainDb: number): void
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
      <span class="decibels numbers small">{words}</span>
      <div class="level" aria-hidden="true">
        <div style={{ transform: `scaleX(${levelWidth(level)})` }} />
      </div>
    </div>
  )
}

/** The range from -60 dBFS to full scale, as 0 to 1. */
function levelWidth(level: number): number {
  return level > 0 ? Math.max(0, Math.min(1, 1 + (20 * Math.log10(level)) / 60)) : 0
}
