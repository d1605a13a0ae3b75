import type { Budget } from './budget.ts'
import { type Consumer, isExpired, type Message, type Queue } from './queue.ts'

/**
 * The way of a message from a queue to a consumer, and back if the consumer does not settle it.
 *
 * - Delivery: each message goes to one free consumer, in turn. A message that has expired is dropped when its turn comes.
 * - Acknowledgement: the message is gone, and its consumer takes the next one.
 * - Requeue: a refused message, and every unsettled message of a consumer that is removed, return to the head of the queue, in
 *   order, marked as redelivered. Redelivery follows at once. A consumer gets back what it refused only when no other is free.
 */
export class Delivery {
  readonly #budget: Budget
  #lastId = 0

  constructor(budget: Budget) {
    this.#budget = budget
  }

  newId(): string {
    return String(++this.#lastId)
  }

  /** Delivers waiting messages until none is left or no consumer is free. */
  deliverWaiting(queue: Queue): void {
    const now = performance.now()
    for (let message = queue.first; message; message = queue.first) {
      if (isExpired(message, now)) {
        queue.takeFirst()
        continue
      }
      const consumer = queue.nextConsumer(message)
      if (!consumer) return
      queue.takeFirst()
      const id = this.newId()
      if (!consumer.isAuto) {
        consumer.unsettled.set(id, message)
        countUnsettled(consumer, message.bytes)
      }
      consumer.deliver(message, id)
    }
  }

  /** @returns false if the consumer has no such unsettled delivery */
  acknowledge(queue: Queue, { consumer, id }: { consumer: Consumer; id: string }): boolean {
    const message = consumer.unsettled.get(id)
    if (!message) return false
    consumer.unsettled.delete(id)
    countUnsettled(consumer, -message.bytes)
    this.deliverWaiting(queue)
    return true
  }

  /** Requeues one delivery, for another consumer if there is one. Returns as `acknowledge`. */
  refuse(queue: Queue, { consumer, id }: { consumer: Consumer; id: string }): boolean {
    const message = consumer.unsettled.get(id)
    if (!message) return false
    consumer.unsettled.delete(id)
    this.#requeue(queue, { consumer, messages: [{ ...message, redelivered: true, refusedBy: consumer }] })
    return true
  }

  /** Requeues all unsettled deliveries of a consumer that was removed. */
  requeueUnsettled(queue: Queue, consumer: Consumer): void {
    const unsettled = [...consumer.unsettled.values()]
    consumer.unsettled.clear()
    const messages = unsettled.map((message) => ({ ...message, redelivered: true }))
    this.#requeue(queue, { consumer, messages })
  }

  #requeue(queue: Queue, { consumer, messages }: { consumer: Consumer; messages: readonly Message[] }): void {
    for (const message of messages) {
      countUnsettled(consumer, -message.bytes)
      message.sender = this.#budget.payerOf(message.sender)
      message.sender.change(message.bytes)
    }
    queue.addFirst(messages)
    this.deliverWaiting(queue)
  }
}

function countUnsettled(consumer: Consumer, bytes: number): void {
  consumer.unsettledBytes += bytes
  consumer.account.change(bytes)
}
