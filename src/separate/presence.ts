import type { StompClient } from '../broker/client/stomp-client.ts'
import { type Coalesced, coalesce } from '../platform/coalesce.ts'
import { PRESENCE_EVERY_MS, PRESENCE_TOPIC, type Presence } from '../song/worker-presence.ts'

/** The delay before a change is published. It hides the moment between two jobs in which a worker is idle. */
const CHANGES_WITHIN_MS = 100

/** Decides when a worker publishes its presence: every PRESENCE_EVERY_MS, and a moment after each change. */
export class PresenceSchedule {
  readonly #interval: NodeJS.Timeout
  readonly #changes: Coalesced
  #isClosed = false

  constructor(publish: () => void) {
    this.#interval = setInterval(publish, PRESENCE_EVERY_MS)
    this.#changes = coalesce(publish, CHANGES_WITHIN_MS)
  }

  publishSoon(): void {
    if (!this.#isClosed) this.#changes.soon()
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#interval)
    this.#changes.cancel()
  }
}

/**
 * Publishes a worker's presence to every server. A message may get lost: a server considers a worker gone only after missing
 * several.
 */
export function publishPresence(broker: Pick<StompClient, 'connected' | 'publish'>, presence: Presence): void {
  if (!broker.connected) return
  const signal = AbortSignal.timeout(PRESENCE_EVERY_MS)
  broker.publish({ destination: PRESENCE_TOPIC, body: JSON.stringify(presence), signal }).catch(() => undefined)
}
