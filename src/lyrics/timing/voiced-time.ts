import { STEP_MS, type VoiceLevels } from './voice.ts'

/** Below the loud parts of a voice by this, nobody sings. */
const SUNG_DB = 28
const LOUD_SHARE = 0.97
/** Shorter gaps belong to the singing around them; shorter bursts are no singing. */
const MIN_GAP_STEPS = 25
const MIN_BURST_STEPS = 8
const SMOOTHED_STEPS = 5

/** Time as far as somebody sings: for each step of 10 ms, how many steps before it are sung. */
export type VoicedTime = { sungBefore: Int32Array; firstMs: number; lastMs: number }

export function voicedTime(levels: VoiceLevels): VoicedTime {
  const smooth = smoothed(levels)
  const threshold = percentile(smooth, LOUD_SHARE) - SUNG_DB
  const isSung = smooth.map((level) => Number(level > threshold))
  for (const [from, to] of runsOf(isSung, 0)) {
    const isInside = from > 0 && to < isSung.length
    if (isInside && to - from < MIN_GAP_STEPS) isSung.fill(1, from, to)
  }
  for (const [from, to] of runsOf(isSung, 1)) if (to - from < MIN_BURST_STEPS) isSung.fill(0, from, to)
  const sungBefore = new Int32Array(isSung.length + 1)
  for (let i = 0; i < isSung.length; i++) sungBefore[i + 1] = (sungBefore[i] ?? 0) + (isSung[i] ?? 0)
  const first = isSung.indexOf(1)
  const last = isSung.lastIndexOf(1)
  return { sungBefore, firstMs: Math.max(0, first) * STEP_MS, lastMs: (last < 0 ? isSung.length : last) * STEP_MS }
}

/** The time at which a share of the singing between two times has passed. */
export function afterShare(
  { sungBefore }: VoicedTime,
  [fromMs, toMs]: readonly [number, number],
  share: number,
): number {
  const limit = sungBefore.length - 1
  const from = Math.max(0, Math.min(limit, Math.round(fromMs / STEP_MS)))
  const to = Math.max(from, Math.min(limit, Math.round(toMs / STEP_MS)))
  const sung = (sungBefore[to] ?? 0) - (sungBefore[from] ?? 0)
  if (sung < SMOOTHED_STEPS) return fromMs + share * (toMs - fromMs)
  if (share <= 0) return fromMs
  const wanted = (sungBefore[from] ?? 0) + share * sung
  let [low, high] = [from, to]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sungBefore[middle] ?? 0) >= wanted) high = middle
    else low = middle + 1
  }
  return low * STEP_MS
}

function smoothed(levels: VoiceLevels): Float32Array {
  const reach = SMOOTHED_STEPS >> 1
  return Float32Array.from({ length: levels.steps }, (_, step) => {
    let sum = 0
    for (let i = -reach; i <= reach; i++) sum += levels.at(step + i)
    return sum / SMOOTHED_STEPS
  })
}

function percentile(values: Float32Array, share: number): number {
  const sorted = values.toSorted()
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}

function runsOf(values: Float32Array, value: number): [number, number][] {
  const runs: [number, number][] = []
  for (let from = 0; from < values.length; ) {
    let to = from
    while (to < values.length && values[to] === value) to++
    if (to > from) runs.push([from, to])
    from = Math.max(to, from + 1)
  }
  return runs
}
