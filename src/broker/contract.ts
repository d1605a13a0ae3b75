/** What the rest of the program asks of a broker, whoever makes it. `test/broker/contract.ts` holds brokers against it. */

export type Delivery = {
  body: string
  headers: Record<string, string>
  /** Somebody had it before and did not acknowledge it. */
  redelivered: boolean
  /** false: the connection it came on is gone, and the broker has given it to somebody else. Harmless. */
  ack(): Promise<boolean>
  nack(): Promise<boolean>
}

export type Subscription = { unsubscribe(): Promise<void> }

export type NewSubscription = {
  /** `/queue/x`: each message to one of the subscribers. `/topic/x`: to all of them. */
  destination: string
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
