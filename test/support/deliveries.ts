import type { StompClient } from '../../src/broker/client/stomp-client.ts'
import type { Delivery, NewSubscription } from '../../src/broker/contract.ts'
import { until } from './wait.ts'

/** Subscribes and collects the deliveries; the test settles them. */
export function collect(broker: StompClient, destination: string, changes: Partial<NewSubscription> = {}): Delivery[] {
  const deliveries: Delivery[] = []
  broker.subscribe({
    destination,
    prefetch: 1,
    ack: 'client-individual',
    onDelivery: (delivery) => void deliveries.push(delivery),
    ...changes,
  })
  return deliveries
}

export function got(deliveries: readonly Delivery[], count: number): Promise<true> {
  return until(`${count} messages are there`, () => deliveries.length >= count)
}
