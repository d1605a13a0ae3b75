/** A connection that has not logged in yet. */
export type PendingLogin = { network: string; close(): void }

/** A machine with 64 workers dials 128 times at once when its broker comes back. */
export const MOST_PENDING_OF_NETWORK = 128
const MOST_STRANGERS = 512

/**
 * Connections that have not logged in. An honest one logs in within a round trip, so where there are too many the oldest
 * makes room for the newest: of the same address, or, where all together are too many, of the address with the most.
 */
export class PendingLogins {
  /** By address, each in the order they came. */
  readonly #networks = new Map<string, Set<PendingLogin>>()
  #count = 0

  add(stranger: PendingLogin): void {
    const ofNetwork = this.#networks.get(stranger.network)
    if (ofNetwork && ofNetwork.size >= MOST_PENDING_OF_NETWORK) this.#closeOldest(ofNetwork)
    else if (this.#count >= MOST_STRANGERS) this.#closeOldest(this.#fullest())
    const present = this.#networks.get(stranger.network) ?? new Set()
    this.#networks.set(stranger.network, present.add(stranger))
    this.#count++
  }

  /** It has logged in, or is gone. */
  remove(stranger: PendingLogin): void {
    const ofNetwork = this.#networks.get(stranger.network)
    if (!ofNetwork?.delete(stranger)) return
    this.#count--
    if (ofNetwork.size === 0) this.#networks.delete(stranger.network)
  }

  #closeOldest(pending: Set<PendingLogin>): void {
    const [oldest] = pending
    if (!oldest) return
    this.remove(oldest)
    oldest.close()
  }

  #fullest(): Set<PendingLogin> {
    return [...this.#networks.values()].reduce((most, each) => (each.size > most.size ? each : most))
  }
}
