import { type Account, Budget, LimitReached, MAX_QUEUE_BYTES } from './budget.ts'
import { type Consumer, type Message, Queue } from './queue.ts'

/** The number is far larger than that of the models, each of which has one queue. The budget limits all queues together. */
const MAX_QUEUES_OF_PEER = 1_024
/**
 * How often expired messages are removed from all queues. Queues with consumers also drop an expired message when its turn
 * comes.
 */
const EXPIRY_SWEEP_MS = 60_000

/**
 * Queues (`/queue/…`) give each message to one consumer, in turn. Messages that a consumer does not settle return to the head
 * of their queue, in order, and go to the next consumer at once. Topics (all other destinations) give each message to every
 * consumer. A queue without messages and consumers is removed.
 */
export class Destinations {
  readonly budget = new Budget({ dropAbandoned: () => this.#dropAbandoned() })
  readonly #queues = new Map<string, Queue>()
  readonly #topics = new Map<string, Set<Consumer>>()
  readonly #sweep: NodeJS.Timeout
  #lastId = 0

  constructor() {
    this.#sweep = setInterval(() => this.#removeExpired(), EXPIRY_SWEEP_MS)
    this.#sweep.unref()
  }

  /** Accepts a message and delivers it to consumers that are free. Throws LimitReached when there is no room for it. */
  send(destination: string, message: Message): void {
    if (!isQueue(destination)) {
      for (const consumer of this.#topics.get(destination) ?? []) {
        this.budget.makeRoom(message.sender, message.bytes)
        consumer.deliver(message, this.#newId())
      }
      return
    }
    this.#makeRoom(destination, message)
    this.#refuseTooMany(destination, message.sender)
    message.sender.charge(message.bytes)
    // This comes after making room, because that may have removed the queue.
    const queue = this.#queue(destination, message.sender)
    queue.addLast(message)
    this.#deliverWaiting(queue)
  }

  /** Adds a consumer. Throws LimitReached when its peer has made too many queues. */
  add(consumer: Consumer): void {
    if (isQueue(consumer.destination)) {
      this.#refuseTooMany(consumer.destination, consumer.account)
      const queue = this.#queue(consumer.destination, consumer.account)
      queue.addConsumer(consumer)
      this.#deliverWaiting(queue)
    } else {
      const topic = this.#topics.get(consumer.destination) ?? new Set()
      this.#topics.set(consumer.destination, topic.add(consumer))
    }
  }

  /** Removes a consumer. Its unsettled messages return to the head of its queue, in order, as redelivered. */
  remove(consumer: Consumer): void {
    const topic = this.#topics.get(consumer.destination)
    topic?.delete(consumer)
    if (topic?.size === 0) this.#topics.delete(consumer.destination)
    const queue = this.#queues.get(consumer.destination)
    if (!queue) return
    queue.removeConsumer(consumer)
    const unsettled = [...consumer.unsettled.values()]
    consumer.unsettled.clear()
    this.#takeBack(queue, { consumer, messages: unsettled.map((message) => ({ ...message, redelivered: true })) })
  }

  /** @returns false when the consumer has no such unsettled delivery */
  acknowledge(consumer: Consumer, id: string): boolean {
    const message = consumer.unsettled.get(id)
    const queue = this.#queues.get(consumer.destination)
    if (!message || !queue) return false
    consumer.unsettled.delete(id)
    countUnsettled(consumer, -message.bytes)
    this.#deliverWaiting(queue)
    return true
  }

  /** Puts a delivery back to the head of its queue, for another consumer if there is one. Returns as `acknowledge`. */
  refuse(consumer: Consumer, id: string): boolean {
    const message = consumer.unsettled.get(id)
    const queue = this.#queues.get(consumer.destination)
    if (!message || !queue) return false
    consumer.unsettled.delete(id)
    this.#takeBack(queue, { consumer, messages: [{ ...message, redelivered: true, refusedBy: consumer }] })
    return true
  }

  /** Keeps the messages of a disconnected sender, charged to the abandoned account. */
  abandon(sender: Account): void {
    for (const message of [...this.#queues.values()].flatMap(({ waiting }) => waiting)) {
      if (message.sender !== sender) continue
      message.sender = this.budget.abandoned
      this.budget.abandoned.change(message.bytes)
      sender.change(-message.bytes)
    }
  }

  close(): void {
    clearInterval(this.#sweep)
  }

  #queue(destination: string, maker: Account): Queue {
    const known = this.#queues.get(destination)
    if (known) return known
    maker.queues++
    const queue = new Queue(destination, maker)
    this.#queues.set(queue.name, queue)
    return queue
  }

  #refuseTooMany(destination: string, maker: Account): void {
    if (maker.queues < MAX_QUEUES_OF_PEER || this.#queues.has(destination)) return
    throw new LimitReached(`A peer may make ${MAX_QUEUES_OF_PEER} queues: wait until some of them are empty.`)
  }

  /** Evicts the peer with the largest share of a full queue, unless it is the sender itself. */
  #makeRoom(destination: string, { sender, bytes }: Message): void {
    for (;;) {
      const queue = this.#queues.get(destination)
      if (!queue || queue.bytes + bytes <= MAX_QUEUE_BYTES) return
      const largest = queue.largestSender()
      if (!largest || largest === sender)
        throw new LimitReached(`${destination} is full: it keeps ${MAX_QUEUE_BYTES} bytes. Try again later.`)
      largest.evict()
    }
  }

  #takeBack(queue: Queue, { consumer, messages }: { consumer: Consumer; messages: Message[] }): void {
    for (const message of messages) {
      countUnsettled(consumer, -message.bytes)
      message.sender = this.budget.payerOf(message.sender)
      message.sender.change(message.bytes)
    }
    queue.addFirst(messages)
    this.#deliverWaiting(queue)
  }

  #deliverWaiting(queue: Queue): void {
    const now = performance.now()
    for (let message = queue.first; message; message = queue.first) {
      if (isExpired(message, now)) {
        queue.takeFirst()
        continue
      }
      const consumer = queue.nextConsumer(message)
      if (!consumer) break
      queue.takeFirst()
      const id = this.#newId()
      if (!consumer.isAuto) {
        consumer.unsettled.set(id, message)
        countUnsettled(consumer, message.bytes)
      }
      consumer.deliver(message, id)
    }
    this.#removeUnused(queue)
  }

  #removeExpired(): void {
    const now = performance.now()
    this.#keepOnly((message) => !isExpired(message, now))
  }

  #dropAbandoned(): void {
    this.#keepOnly(({ sender }) => sender !== this.budget.abandoned)
  }

  #keepOnly(isKept: (message: Message) => boolean): void {
    for (const queue of this.#queues.values()) {
      queue.keepOnly(isKept)
      this.#removeUnused(queue)
    }
  }

  #removeUnused(queue: Queue): void {
    if (!queue.isUnused || this.#queues.get(queue.name) !== queue) return
    this.#queues.delete(queue.name)
    queue.maker.queues--
  }

  #newId(): string {
    return String(++this.#lastId)
  }
}

function isQueue(destination: string): boolean {
  return destination.startsWith('/queue/')
}

function isExpired({ expiresAt }: Message, now: number): boolean {
  return expiresAt !== null && expiresAt <= now
}

function countUnsettled(consumer: Consumer, bytes: number): void {
  consumer.unsettledBytes += bytes
  consumer.account.change(bytes)
}
