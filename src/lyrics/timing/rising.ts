/** A time is compared with so many before it: farther ones cannot be mistaken for it. */
const REACH = 120

/** The indices of the longest part of the times that never falls. */
export function risingPart(times: readonly number[]): number[] {
  const lengths = new Int32Array(times.length).fill(1)
  const before = new Int32Array(times.length).fill(-1)
  let best = -1
  for (const [i, time] of times.entries()) {
    for (let j = Math.max(0, i - REACH); j < i; j++) {
      if ((times[j] ?? 0) <= time && (lengths[j] ?? 0) + 1 > (lengths[i] ?? 0)) {
        lengths[i] = (lengths[j] ?? 0) + 1
        before[i] = j
      }
    }
    if (best < 0 || (lengths[i] ?? 0) > (lengths[best] ?? 0)) best = i
  }
  const part: number[] = []
  for (let i = best; i >= 0; i = before[i] ?? -1) part.push(i)
  return part.reverse()
}

/** Puts times right that fall: they are taken from a line between those that rise. */
export function madeRising(times: readonly number[]): number[] {
  const kept = risingPart(times)
  const made = [...times]
  for (let k = 0; k + 1 < kept.length; k++) {
    const [from, to] = [kept[k] ?? 0, kept[k + 1] ?? 0]
    const [a, b] = [times[from] ?? 0, times[to] ?? 0]
    for (let i = from + 1; i < to; i++) made[i] = a + ((b - a) * (i - from)) / (to - from)
  }
  const [first = 0, last = times.length - 1] = [kept[0], kept.at(-1)]
  for (let i = 0; i < first; i++) made[i] = times[first] ?? 0
  for (let i = last + 1; i < made.length; i++) made[i] = times[last] ?? 0
  return made
}
