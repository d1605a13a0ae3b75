import { MAX_TASK_SECONDS } from '../../song/lyrics-task.ts'
import { STEP_MS, type VoiceLevels } from './voice.ts'

/** A part of a song, in whole milliseconds. */
export type TimeRange = { startMs: number; endMs: number }

const STEPS_PER_SECOND = 1_000 / STEP_MS
const MAX_STEPS = (MAX_TASK_SECONDS - 0.5) * STEPS_PER_SECOND
/** A window is cut at the best pause between these lengths. */
const MIN_STEPS = 15 * STEPS_PER_SECOND
/** A pause is looked for in the mean of so many steps. */
const PAUSE_STEPS = 30
/** Each second that a window is shorter must make its pause quieter by so many dB. */
const SHORTNESS_DB = 0.6
/** Quieter than this below the loudest voice so far, nobody sings: it is what the separation has left. */
const QUIET_DB = 38
const ALWAYS_QUIET_DB = -58
/** A window has a little of the silence around it. */
const MARGIN_STEPS = 20

/**
 * The windows in which a voice is heard, between pauses. Each depends only on the voice up to 29 s after its start, so the first
 * ones stay the same when more of the voice arrives.
 * @param isWhole whether nothing more will arrive
 */
export function voiceWindows(levels: VoiceLevels, isWhole: boolean): TimeRange[] {
  const windows: TimeRange[] = []
  let loudest = Number.NEGATIVE_INFINITY
  let seen = 0
  for (let from = 0; ; ) {
    const first = firstSound(from)
    if (first === null) return windows
    const start = Math.max(from, first - MARGIN_STEPS)
    const isLast = isWhole && levels.steps - start <= MAX_STEPS
    if (!isLast && levels.steps < start + MAX_STEPS) return windows
    const end = isLast ? lastSound(start) : cutIn(levels, start)
    windows.push({ startMs: start * STEP_MS, endMs: end * STEP_MS })
    if (isLast) return windows
    from = end
  }

  function firstSound(from: number): number | null {
    for (let step = from; step < levels.steps; step++) {
      if (isSound(step)) return step
    }
    return null
  }

  function isSound(step: number): boolean {
    for (; seen <= step; seen++) loudest = Math.max(loudest, levels.at(seen))
    return levels.at(step) > Math.max(ALWAYS_QUIET_DB, loudest - QUIET_DB)
  }

  function lastSound(start: number): number {
    let last = start
    for (let step = start; step < levels.steps; step++) if (isSound(step)) last = step
    return Math.min(levels.steps, last + MARGIN_STEPS)
  }
}

/** The middle of the best pause. */
function cutIn(levels: VoiceLevels, start: number): number {
  let [best, at] = [Number.POSITIVE_INFINITY, start + MAX_STEPS]
  for (let step = start + MIN_STEPS; step <= start + MAX_STEPS - PAUSE_STEPS; step++) {
    let sum = 0
    for (let i = 0; i < PAUSE_STEPS; i++) sum += levels.at(step + i)
    const missing = (start + MAX_STEPS - step) / STEPS_PER_SECOND
    const cost = sum / PAUSE_STEPS + SHORTNESS_DB * missing
    if (cost < best) [best, at] = [cost, step + PAUSE_STEPS / 2]
  }
  return at
}
