import type { Grid } from './segment.ts'

/**
 * How one song is separated. It is fixed when the song is added, so later changes of the installed models do not affect its
 * jobs, blocks and stems.
 */
export type Plan = {
  /** The model's name and the hash of its description. */
  modelId: string
  grid: Grid
  stems: readonly string[]
  /** The stem that is not computed: the song minus all other stems. */
  rest: string
  /** Whether the first job must wait until the whole song is decoded. */
  needsWholeSong: boolean
}

/** The stems that a worker computes, in the order of its result. The assembly computes the rest. */
export function computedStems({ stems, rest }: Pick<Plan, 'stems' | 'rest'>): string[] {
  return stems.filter((stem) => stem !== rest)
}

/** Parsed plans by their text. Songs of a model share one plan, and every step of a job reads it. */
const plans = new Map<string, Plan>()

/** Parses the plan in a ledger row. */
export function readPlan(text: string): Plan {
  const known = plans.get(text)
  if (known) return known
  const plan = JSON.parse(text) as Plan
  plans.set(text, plan)
  return plan
}

/** Names of stems that hold the voice. */
const VOICE_STEMS = ['vocals', 'voice']

/** The stem in which words are sung; null if the song has none. */
export function voiceStem({ stems }: Pick<Plan, 'stems'>): string | null {
  return stems.find((stem) => VOICE_STEMS.includes(stem)) ?? null
}
