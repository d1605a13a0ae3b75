/** How the wait between attempts grows: from `firstMs`, by `growth` with every further failure, up to `longestMs`. */
export type Backoff = { firstMs: number; longestMs: number; growth?: number }

/** @param failures how many attempts have failed in a row, from 1 */
export function backoffMs({ firstMs, longestMs, growth = 2 }: Backoff, failures: number): number {
  return Math.min(longestMs, firstMs * growth ** (failures - 1))
}

/** Makes a wait longer by a random share of it, up to `mostShare`, so that many clients do not try again at one moment. */
export function withJitter(waitMs: number, mostShare: number): number {
  return waitMs * (1 + mostShare * Math.random())
}
