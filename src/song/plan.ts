import type { Grid } from './segment.ts'

/**
 * How one song is taken apart, fixed when it is added: whatever happens to the installed models later, its jobs, its
 * blocks and its stems stay what they were begun as.
 */
export type Plan = {
  /** The model's name and the hash of its description. */
  modelId: string
  grid: Grid
  stems: readonly string[]
  /** The stem that is what the others leave of the song. */
  rest: string
  /** Nothing can be separated before all of it is decoded. */
  needsWholeSong: boolean
}

/** Songs of a model share one plan, and are read with every step of their jobs. */
const plans = new Map<string, Plan>()

/** A plan as the ledger keeps it. */
export function readPlan(text: string): Plan {
  const known = plans.get(text)
  if (known) return known
  const plan = JSON.parse(text) as Plan
  plans.set(text, plan)
  return plan
}
