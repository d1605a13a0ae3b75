import type { Control, Invitation } from '../song/messages.ts'

/** The newest run of each server. A reset starts a new run and cancels the work of older ones. */
export class ServerRuns {
  readonly #newest = new Map<string, number>()

  has(serverId: string): boolean {
    return this.#newest.has(serverId)
  }

  /** Takes in the run that a server names in its message. */
  learn({ serverId, run }: Pick<Control, 'serverId' | 'run'>): void {
    this.#newest.set(serverId, Math.max(run, this.#newest.get(serverId) ?? 0))
  }

  isStale({ serverId, run }: Pick<Invitation, 'serverId' | 'run'>): boolean {
    return run < (this.#newest.get(serverId) ?? 0)
  }
}
