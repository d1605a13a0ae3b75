import type { Broker } from '../broker/broker.ts'
import { PRESENCE_EVERY_MS, PRESENCE_TOPIC, type Presence } from '../song/messages.ts'

/** Tells every server who we are. Losing one costs nothing: while none arrives, the server thinks us gone, and is right. */
export function sayPresence(broker: Broker, presence: Presence): void {
  if (!broker.connected) return
  const signal = AbortSignal.timeout(PRESENCE_EVERY_MS)
  broker.publish({ destination: PRESENCE_TOPIC, body: JSON.stringify(presence), signal }).catch(() => undefined)
}
