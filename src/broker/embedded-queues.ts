/** A message as it waits in a queue or is on its way to a subscriber. */
export type Message = {
  headers: Record<string, string>
  body: string
  /** Milliseconds since the epoch; null for ever. */
  expiresAt: number | null
  redelivered: boolean
  /** Who gave it back last: asked last when it is given out again. */
  refusedBy: Consumer | null
}

/** One subscription of one connection. */
export type Consumer = {
  destination: string
  /** How many unacknowledged messages it takes at once. */
  prefetch: number
  /** Deliveries that are not settled, in the order they were made. */
  readonly held: Map<string, Message>
  /** Every delivery counts as acknowledged at once. */
  isAuto: boolean
  deliver(message: Message, id: string): void
}

const MOST_WAITING = 100_000

/** More messages wait than anybody will ever take. */
export class QueueFull extends Error {
  override name = 'QueueFull'
}

type Queue = { waiting: Message[]; consumers: Consumer[] }

/**
 * Queues (`/queue/…`): every message to one consumer, in turn; what its consumer does not settle goes back to the head,
 * in order, and is given to the next one at once. Topics (all other destinations): every message to everybody there.
 */
export class EmbeddedQueues {
  readonly #queues = new Map<string, Queue>()
  readonly #topics = new Map<string, Set<Consumer>>()
  readonly #sweep: NodeJS.Timeout
  #lastId = 0

  constructor() {
    this.#sweep = setInterval(() => this.#expire(), 60_000)
    this.#sweep.unref()
  }

  send(destination: string, message: Message): void {
    if (!isQueue(destination)) {
      for (const consumer of this.#topics.get(destination) ?? []) consumer.deliver(message, this.#newId())
      return
    }
    const queue = this.#queue(destination)
    if (queue.waiting.length >= MOST_WAITING) throw new QueueFull(`${destination} holds ${MOST_WAITING} messages`)
    queue.waiting.push(message)
    this.#give(queue)
  }

  add(consumer: Consumer): void {
    if (isQueue(consumer.destination)) {
      const queue = this.#queue(consumer.destination)
      queue.consumers.push(consumer)
      this.#give(queue)
    } else {
      const topic = this.#topics.get(consumer.destination) ?? new Set()
      this.#topics.set(consumer.destination, topic.add(consumer))
    }
  }

  /** Takes a consumer out; what it held goes back to the head of its queue, in order, as redelivered. */
  remove(consumer: Consumer): void {
    const topic = this.#topics.get(consumer.destination)
    topic?.delete(consumer)
    if (topic?.size === 0) this.#topics.delete(consumer.destination)
    const queue = this.#queues.get(consumer.destination)
    if (!queue) return
    queue.consumers = queue.consumers.filter((each) => each !== consumer)
    const held = [...consumer.held.values()]
    consumer.held.clear()
    queue.waiting.unshift(...held.map((message) => ({ ...message, redelivered: true })))
    this.#give(queue)
  }

  /** @returns false when the consumer holds no such delivery */
  acknowledge(consumer: Consumer, id: string): boolean {
    const isHeld = consumer.held.delete(id)
    const queue = this.#queues.get(consumer.destination)
    if (isHeld && queue) this.#give(queue)
    return isHeld
  }

  /** Back to the head of the queue, for somebody else if there is somebody. */
  refuse(consumer: Consumer, id: string): boolean {
    const message = consumer.held.get(id)
    const queue = this.#queues.get(consumer.destination)
    if (!message || !queue) return false
    consumer.held.delete(id)
    queue.waiting.unshift({ ...message, redelivered: true, refusedBy: consumer })
    this.#give(queue)
    return true
  }

  close(): void {
    clearInterval(this.#sweep)
  }

  #queue(destination: string): Queue {
    const queue = this.#queues.get(destination) ?? { waiting: [], consumers: [] }
    this.#queues.set(destination, queue)
    return queue
  }

  #give(queue: Queue): void {
    const now = Date.now()
    for (let message = queue.waiting[0]; message; message = queue.waiting[0]) {
      if (isExpired(message, now)) {
        queue.waiting.shift()
        continue
      }
      const consumer = nextConsumer(queue, message)
      if (!consumer) return
      queue.waiting.shift()
      const id = this.#newId()
      if (!consumer.isAuto) consumer.held.set(id, message)
      consumer.deliver(message, id)
    }
  }

  #expire(): void {
    const now = Date.now()
    for (const queue of this.#queues.values())
      queue.waiting = queue.waiting.filter((message) => !isExpired(message, now))
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

/** The free consumer whose turn it is, which then goes to the end of the row; who refused the message is asked last. */
function nextConsumer(queue: Queue, message: Message): Consumer | undefined {
  const free = queue.consumers.filter(({ held, prefetch, isAuto }) => isAuto || held.size < prefetch)
  const next = free.find((consumer) => consumer !== message.refusedBy) ?? free[0]
  if (next) queue.consumers = [...queue.consumers.filter((consumer) => consumer !== next), next]
  return next
}
