import type { StompClient } from '../broker/client/stomp-client.ts'
import type { Delivery, Subscription } from '../broker/contract.ts'
import { jobsQueue } from '../song/messages.ts'

/** The queues that a worker is subscribed to: one for each model that it can use, with one invitation prefetched on each. */
export class JobQueues {
  readonly #broker: Pick<StompClient, 'subscribe'>
  readonly #onDelivery: (delivery: Delivery) => Promise<void>
  readonly #subscriptions = new Map<string, Subscription>()
  #isPaused = false

  constructor({
    broker,
    onDelivery,
  }: {
    broker: Pick<StompClient, 'subscribe'>
    onDelivery(delivery: Delivery): Promise<void>
  }) {
    this.#broker = broker
    this.#onDelivery = onDelivery
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Subscribes to the jobs of these models and of no others. Does nothing during a pause. */
  listen(modelIds: readonly string[]): void {
    if (this.#isPaused) return
    for (const [id, subscription] of this.#subscriptions) {
      if (modelIds.includes(id)) continue
      this.#subscriptions.delete(id)
      void subscription.unsubscribe()
    }
    for (const id of modelIds) {
      if (this.#subscriptions.has(id)) continue
      const subscription = this.#broker.subscribe({
        destination: jobsQueue(id),
        prefetch: 1,
        ack: 'client-individual',
        onDelivery: this.#onDelivery,
      })
      this.#subscriptions.set(id, subscription)
    }
  }

  /** Unsubscribes from all queues. Resolves when the broker delivers no more. */
  async pause(): Promise<void> {
    this.#isPaused = true
    const subscriptions = [...this.#subscriptions.values()]
    this.#subscriptions.clear()
    await Promise.all(subscriptions.map((subscription) => subscription.unsubscribe()))
  }

  resume(modelIds: readonly string[]): void {
    this.#isPaused = false
    this.listen(modelIds)
  }
}
