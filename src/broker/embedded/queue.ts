import type { Account } from './budget.ts'

/** A message as it waits in a queue or is on its way to a subscriber. */
export type Message = {
  headers: Record<string, string>
  body: string
  /** What keeping it takes. */
  bytes: number
  /** Who pays for it while it waits. */
  sender: Account
  /** By the monotonic clock, in milliseconds; null for ever. */
  expiresAt: number | null
  redelivered: boolean
  /** Who gave it back last: asked last when it is given out again. */
  refusedBy: Consumer | null
}

/** One subscription of one connection. */
export type Consumer = {
  destination: string
  account: Account
  /** How many unacknowledged messages it takes at once. */
  prefetch: number
  /** Deliveries that are not settled, in the order they were made. */
  readonly held: Map<string, Message>
  heldBytes: number
  /** Every delivery counts as acknowledged at once. */
  isAuto: boolean
  deliver(message: Message, id: string): void
}

/** A consumer that holds so much gets no more before it has acknowledged some, whatever its prefetch: a worker holds one message. */
const MOST_HELD_BYTES = 2 ** 20

/** The messages that wait in one queue, and who takes them. */
export class Queue {
  readonly name: string
  /** The peer because of which it exists. */
  readonly maker: Account
  #waiting: Message[] = []
  #consumers: Consumer[] = []
  #bytes = 0

  constructor(name: string, maker: Account) {
    // A part of a frame's text would keep all of that text.
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

  /** Their senders pay for them already. */
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

  /** The free consumer whose turn it is, which then goes to the end of the row; who refused the message is asked last. */
  nextConsumer(message: Message): Consumer | undefined {
    const free = this.#consumers.filter(({ account, isAuto, held, heldBytes, prefetch }) => {
      return account.isOpen && (isAuto || (held.size < prefetch && heldBytes < MOST_HELD_BYTES))
    })
    const next = free.find((consumer) => consumer !== message.refusedBy) ?? free[0]
    if (next) this.#consumers = [...this.#consumers.filter((consumer) => consumer !== next), next]
    return next
  }

  /** Who pays for the most that waits here. */
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
