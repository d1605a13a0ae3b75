import type { Account } from './budget.ts'

/** A message that waits in a queue or was delivered and is not settled yet. */
export type Message = {
  headers: Record<string, string>
  body: string
  /** The memory that the message takes. */
  bytes: number
  /** The account that pays for it while it waits. */
  sender: Account
  /** On the monotonic clock, in milliseconds; null when it never expires. */
  expiresAt: number | null
  redelivered: boolean
  /** The consumer that refused it last. That one gets the message again only when no other consumer is free. */
  refusedBy: Consumer | null
}

/** One subscription of one connection. */
export type Consumer = {
  destination: string
  account: Account
  /** How many unacknowledged messages it takes at once. */
  prefetch: number
  /** Deliveries that are not settled, oldest first, by the id of the delivery. */
  readonly unsettled: Map<string, Message>
  unsettledBytes: number
  /** Whether every delivery counts as acknowledged at once (`ack:auto`). */
  isAuto: boolean
  deliver(message: Message, id: string): void
}

/**
 * The most bytes that one consumer may leave unacknowledged, whatever its prefetch. A worker has one small message at a time.
 */
const MAX_UNSETTLED_BYTES = 2 ** 20

/** The messages that wait in one queue, and its consumers. */
export class Queue {
  readonly name: string
  /** The peer whose first message or subscription made the queue. */
  readonly maker: Account
  #waiting: Message[] = []
  #consumers: Consumer[] = []
  #bytes = 0

  constructor(name: string, maker: Account) {
    // A copy: V8 would keep the whole text of the frame for a substring of it.
    this.name = Buffer.from(name).toString()
    this.maker = maker
  }

  get bytes(): number {
    return this.#bytes
  }

  get isUnused(): boolean {
    return this.#waiting.length === 0 && this.#consumers.length === 0
  }

  get waiting(): readonly Message[] {
    return this.#waiting
  }

  get first(): Message | undefined {
    return this.#waiting[0]
  }

  /** Call it after charging the sender. */
  addLast(message: Message): void {
    this.#waiting.push(message)
    this.#bytes += message.bytes
  }

  addFirst(messages: readonly Message[]): void {
    this.#waiting.unshift(...messages)
    for (const { bytes } of messages) this.#bytes += bytes
  }

  takeFirst(): void {
    const message = this.#waiting.shift()
    if (message) this.#release(message)
  }

  keepOnly(isKept: (message: Message) => boolean): void {
    const before = this.#waiting
    this.#waiting = before.filter(isKept)
    for (const message of before) if (!isKept(message)) this.#release(message)
  }

  addConsumer(consumer: Consumer): void {
    this.#consumers.push(consumer)
  }

  removeConsumer(consumer: Consumer): void {
    this.#consumers = this.#consumers.filter((each) => each !== consumer)
  }

  /** The free consumer that has waited longest. Returns the one that refused this message only when no other is free. */
  nextConsumer(message: Message): Consumer | undefined {
    const free = this.#consumers.filter(({ account, isAuto, unsettled, unsettledBytes, prefetch }) => {
      return account.isOpen && (isAuto || (unsettled.size < prefetch && unsettledBytes < MAX_UNSETTLED_BYTES))
    })
    const next = free.find((consumer) => consumer !== message.refusedBy) ?? free[0]
    if (next) this.#consumers = [...this.#consumers.filter((consumer) => consumer !== next), next]
    return next
  }

  /** The account that pays for the largest part of the waiting messages. */
  largestSender(): Account | undefined {
    const bytes = new Map<Account, number>()
    for (const message of this.#waiting) bytes.set(message.sender, (bytes.get(message.sender) ?? 0) + message.bytes)
    return [...bytes].sort(([, a], [, b]) => b - a)[0]?.[0]
  }

  #release(message: Message): void {
    this.#bytes -= message.bytes
    message.sender.change(-message.bytes)
  }
}

export function isExpired({ expiresAt }: Message, now: number): boolean {
  return expiresAt !== null && expiresAt <= now
}
