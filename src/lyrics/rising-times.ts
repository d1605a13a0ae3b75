/**
 * The longest series of times that never falls: one wrong time costs only itself (longest non-decreasing subsequence by patience
 * sorting, n log n).
 * @returns for every time whether it belongs to the series; nulls do not
 */
export function risingTimes(timesMs: readonly (number | null)[]): boolean[] {
  /** The index of the smallest time that ends a series of each length. */
  const ends: number[] = []
  const before: (number | undefined)[] = []
  timesMs.forEach((timeMs, index) => {
    if (timeMs === null) return
    const length = firstAbove(ends, timeMs, timesMs)
    before[index] = ends[length - 1]
    ends[length] = index
  })
  const isRising = timesMs.map(() => false)
  for (let index = ends.at(-1); index !== undefined; index = before[index]) isRising[index] = true
  return isRising
}

function firstAbove(ends: readonly number[], timeMs: number, timesMs: readonly (number | null)[]): number {
  let low = 0
  let high = ends.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((timesMs[ends[middle] ?? 0] ?? 0) <= timeMs) low = middle + 1
    else high = middle
  }
  return low
}
