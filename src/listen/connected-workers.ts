import type { Presence } from '../song/worker-presence.ts'

/** The connected workers, as the answers need them. */
export type ConnectedWorkers = {
  list(): readonly Presence[]
  /** The workers that were lost a moment ago. They are not connected. @param now by `performance.now` */
  lost(now: number): readonly Presence[]
  /** The number of workers that take jobs now, of those that have the model if one is given. */
  available(modelId?: string): number
}
