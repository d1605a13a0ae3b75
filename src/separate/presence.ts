import type { StompClient } from '../broker/client/stomp-client.ts'
import { PRESENCE_EVERY_MS, PRESENCE_TOPIC, type Presence } from '../song/messages.ts'

/** A worker is idle for a moment between two jobs, of which nobody has to hear. */
const CHANGES_WITHIN_MS = 100

/** When a worker tells who it is: every five seconds, and a moment after each change. */
export class PresenceSchedule {
  readonly #announce: () => void
  readonly #always: NodeJS.Timeout
  #soon: NodeJS.Timeout | null = null
  #isOver = false

  constructor(announce: () => void) {
    this.#announce = announce
    this.#always = setInterval(announce, PRESENCE_EVERY_MS)
  }

  /** Something has changed. */
  soon(): void {
    if (this.#isOver) return
    this.#soon ??= setTimeout(() => {
      this.#soon = null
      this.#announce()
    }, CHANGES_WITHIN_MS)
  }

  close(): void {
    this.#isOver = true
    clearInterval(this.#always)
    if (this.#soon) clearTimeout(this.#soon)
  }
}

/** Tells every server who we are. Losing one costs nothing: while none arrives, the server thinks us gone, and is right. */
export function publishPresence(broker: StompClient, presence: Presence): void {
  if (!broker.connected) return
  const signal = AbortSignal.timeout(PRESENCE_EVERY_MS)
  broker.publish({ destination: PRESENCE_TOPIC, body: JSON.stringify(presence), signal }).catch(() => undefined)
}
