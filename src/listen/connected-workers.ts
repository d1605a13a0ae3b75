import type { Presence } from '../song/messages.ts'

/** The workers that are connected, as the answers tell of them. */
export type ConnectedWorkers = {
  list(): readonly Presence[]
  /** How many take jobs now: all of them, or those that have a model. */
  available(modelId?: string): number
}
