/**
 * The requirements of the program on a broker, RabbitMQ or the embedded one. `test/broker/contract.ts` tests brokers against
 * it.
 */

export type Delivery = {
  body: string
  headers: Record<string, string>
  /** Another subscriber had this message before and did not acknowledge it. */
  redelivered: boolean
  /**
   * Resolves to false when its connection has ended. The broker has then given the message to another subscriber. That does no
   * harm.
   */
  ack(): Promise<boolean>
  /** Refuses the message, so that another subscriber gets it. Resolves like `ack`. */
  nack(): Promise<boolean>
}

export type Subscription = { unsubscribe(): Promise<void> }

export type NewSubscription = {
  /** `/queue/x`: each message goes to one subscriber. `/topic/x`: each message goes to all of them. */
  destination: string
  /** How many unacknowledged messages this subscriber takes at once. */
  prefetch: number
  ack: 'client-individual' | 'auto'
  onDelivery(delivery: Delivery): void | Promise<void>
}

export type Publication = {
  destination: string
  body: string
  persistent?: boolean
  expirationMs?: number
  signal?: AbortSignal
}

export type BrokerLog = { info(message: string): void; warn(message: string): void }
