/** A connection that has not logged in yet. */
export type PendingLogin = { network: string; close(): void }

/** A machine with 64 workers opens 128 connections at once when its broker is reachable again. */
const MAX_PENDING_OF_NETWORK = 128
const MAX_PENDING = 512

/**
 * Connections that have not logged in. A normal client logs in within a round trip. When one address has too many, its oldest
 * one is closed. When all together are too many, the oldest one of the address with the most is closed.
 */
export class PendingLogins {
  /** By address, oldest first. */
  readonly #networks = new Map<string, Set<PendingLogin>>()
  #count = 0

  add(peer: PendingLogin): void {
    const ofNetwork = this.#networks.get(peer.network)
    if (ofNetwork && ofNetwork.size >= MAX_PENDING_OF_NETWORK) this.#closeOldest(ofNetwork)
    else if (this.#count >= MAX_PENDING) this.#closeOldest(this.#fullest())
    const present = this.#networks.get(peer.network) ?? new Set()
    this.#networks.set(peer.network, present.add(peer))
    this.#count++
  }

  /** Removes a peer that has logged in or disconnected. */
  remove(peer: PendingLogin): void {
    const ofNetwork = this.#networks.get(peer.network)
    if (!ofNetwork?.delete(peer)) return
    this.#count--
    if (ofNetwork.size === 0) this.#networks.delete(peer.network)
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
