import type { StompClient } from '../broker/client/stomp-client.ts'
import type { Delivery, Subscription } from '../broker/contract.ts'
import { jobsQueue } from '../song/messages.ts'

/** The queues a worker listens to: one for each model it can hold, one invitation ahead on each. */
export class JobQueues {
  readonly #broker: StompClient
  readonly #onDelivery: (delivery: Delivery) => Promise<void>
  readonly #open = new Map<string, Subscription>()
  #isPaused = false

  constructor({ broker, onDelivery }: { broker: StompClient; onDelivery(delivery: Delivery): Promise<void> }) {
    this.#broker = broker
    this.#onDelivery = onDelivery
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Listens for the jobs of these models, and no longer for those of others. */
  listen(modelIds: readonly string[]): void {
    if (this.#isPaused) return
    for (const [id, subscription] of this.#open) {
      if (modelIds.includes(id)) continue
      this.#open.delete(id)
      void subscription.unsubscribe()
    }
    for (const id of modelIds) {
      if (this.#open.has(id)) continue
      const subscription = this.#broker.subscribe({
        destination: jobsQueue(id),
        prefetch: 1,
        ack: 'client-individual',
        onDelivery: this.#onDelivery,
      })
      this.#open.set(id, subscription)
    }
  }

  async pause(): Promise<void> {
    this.#isPaused = true
    const open = [...this.#open.values()]
    this.#open.clear()
    await Promise.all(open.map((subscription) => subscription.unsubscribe()))
  }

  resume(modelIds: readonly string[]): void {
    this.#isPaused = false
    this.listen(modelIds)
  }
}
