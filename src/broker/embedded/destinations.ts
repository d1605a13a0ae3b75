import { type Account, Budget, LimitReached, MAX_QUEUE_BYTES } from './budget.ts'
import { Delivery } from './delivery.ts'
import { type Consumer, isExpired, type Message, Queue } from './queue.ts'

/** The number is far larger than that of the models, each of which has one queue. The budget limits all queues together. */
const MAX_QUEUES_OF_PEER = 1_024
/**
 * How often expired messages are removed from all queues. Queues with consumers also drop an expired message when its turn
 * comes.
 */
const EXPIRY_SWEEP_MS = 60_000

/**
 * Routes messages by their destination. Queues (`/queue/…`) give each message to one consumer (`Delivery`). Topics (all other
 * destinations) give each message to every consumer. A queue without messages and consumers is removed.
 */
export class Destinations {
  readonly budget = new Budget({ dropAbandoned: () => this.#dropAbandoned() })
  readonly #delivery = new Delivery(this.budget)
  readonly #queues = new Map<string, Queue>()
  readonly #topics = new Map<string, Set<Consumer>>()
  readonly #sweep: NodeJS.Timeout

  constructor() {
    this.#sweep = setInterval(() => this.#removeExpired(), EXPIRY_SWEEP_MS)
    this.#sweep.unref()
  }

  /** Accepts a message and delivers it to consumers that are free. Throws LimitReached when there is no room for it. */
  send(destination: string, message: Message): void {
    if (!isQueue(destination)) {
      for (const consumer of this.#topics.get(destination) ?? []) {
        this.budget.makeRoom(message.sender, message.bytes)
        consumer.deliver(message, this.#delivery.newId())
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
    this.#delivery.requeueUnsettled(queue, consumer)
    this.#removeUnused(queue)
  }

  /** @returns false if the consumer has no such unsettled delivery */
  acknowledge(consumer: Consumer, id: string): boolean {
    const queue = this.#queues.get(consumer.destination)
    if (!queue || !this.#delivery.acknowledge(queue, { consumer, id })) return false
    this.#removeUnused(queue)
    return true
  }

  /** Returns a delivery to its queue, for another consumer if there is one. Returns as `acknowledge`. */
  refuse(consumer: Consumer, id: string): boolean {
    const queue = this.#queues.get(consumer.destination)
    if (!queue || !this.#delivery.refuse(queue, { consumer, id })) return false
    this.#removeUnused(queue)
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

  #deliverWaiting(queue: Queue): void {
    this.#delivery.deliverWaiting(queue)
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
}

function isQueue(destination: string): boolean {
  return destination.startsWith('/queue/')
}
