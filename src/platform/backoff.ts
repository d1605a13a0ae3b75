/** How the wait between attempts grows: from `firstMs`, by `growth` with every further failure, up to `maxMs`. */
export type Backoff = { firstMs: number; maxMs: number; growth?: number }

/** @param failures how many attempts have failed in a row, from 1 */
export function backoffMs({ firstMs, maxMs, growth = 2 }: Backoff, failures: number): number {
  return Math.min(maxMs, firstMs * growth ** (failures - 1))
}

/** Makes a wait longer by a random share of it, up to `maxShare`, so that many clients do not try again at one moment. */
export function withJitter(waitMs: number, maxShare: number): number {
  return waitMs * (1 + maxShare * Math.random())
}
