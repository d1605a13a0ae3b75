import { formatDuration } from '../../format-duration.ts'
import { SAMPLE_RATE } from '../mixer.ts'
import type { View } from './view.ts'

/** @property x pixels from the left edge of the ruler; @property label null for the small ticks between two labels */
export type Tick = { x: number; label: string | null }

const LABEL_PIXELS = 64
const TICK_PIXELS = 6
const ROUNDING = 1e-6
/** The time between two labels in milliseconds, and into how many parts the small ticks divide it. */
const STEPS = [
  [10, 5],
  [20, 4],
  [50, 5],
  [100, 5],
  [200, 4],
  [500, 5],
  [1_000, 5],
  [2_000, 4],
  [5_000, 5],
  [10_000, 5],
  [20_000, 4],
  [60_000, 6],
  [120_000, 4],
  [300_000, 5],
  [600_000, 5],
  [1_200_000, 4],
  [3_600_000, 6],
] as const

/** The ticks of a ruler that is `width` pixels wide, from left to right: as many labels as fit. */
export function rulerTicks({ start, end }: View, width: number): Tick[] {
  const startMs = (1_000 * start) / SAMPLE_RATE
  const pixelsPerMs = (width * SAMPLE_RATE) / (1_000 * (end - start))
  if (!(pixelsPerMs > 0)) return []
  const [step, parts] = STEPS.find(([ms]) => ms * pixelsPerMs >= LABEL_PIXELS) ?? [3_600_000, 6]
  const tickMs = (step / parts) * pixelsPerMs >= TICK_PIXELS ? step / parts : step
  const ticks: Tick[] = []
  // Whole multiples of milliseconds: adding fractions would drift. A tick at the very start is not lost by rounding.
  for (let i = Math.ceil(startMs / tickMs - ROUNDING); ; i++) {
    const ms = i * tickMs
    const x = (ms - startMs) * pixelsPerMs
    if (x > width) return ticks
    ticks.push({ x, label: ms % step === 0 ? labelOf(ms, step) : null })
  }
}

function labelOf(ms: number, step: number): string {
  const whole = formatDuration(Math.floor(ms / 1_000))
  if (step >= 1_000) return whole
  const digits = step >= 100 ? 1 : 2
  return `${whole}.${String(ms % 1_000)
    .padStart(3, '0')
    .slice(0, digits)}`
}
