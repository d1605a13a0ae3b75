import type { Publication } from '../contract.ts'
import type { Frame } from '../frame.ts'
import type { StompConnection } from './stomp-connection.ts'

type Pending = { publication: Publication; resolve(): void; reject(reason: unknown): void }

/** Messages that the broker has not confirmed yet. They are sent again on every new connection. */
export class Publications {
  readonly #pending = new Map<string, Pending>()
  #connection: StompConnection | null = null
  #lastId = 0

  add(publication: Publication): Promise<void> {
    const { signal } = publication
    signal?.throwIfAborted()
    const id = `sent-${++this.#lastId}`
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#pending.delete(id)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      const settle = (act: () => void) => {
        signal?.removeEventListener('abort', onAbort)
        act()
      }
      this.#pending.set(id, {
        publication,
        resolve: () => settle(resolve),
        reject: (reason) => settle(() => reject(reason)),
      })
      this.#send(id, publication)
    })
  }

  /** Sends the pending messages over a new connection, and later messages as they are added. */
  attach(connection: StompConnection): void {
    this.#connection = connection
    for (const [id, { publication }] of this.#pending) this.#send(id, publication)
  }

  detach(): void {
    this.#connection = null
  }

  receive({ command, headers }: Frame): void {
    if (command !== 'RECEIPT') return
    const id = headers['receipt-id'] ?? ''
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    pending?.resolve()
  }

  /** Resolves when every message is confirmed, when there is no connection, or after `timeoutMs`. */
  async settled(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs
    while (this.#connection && this.#pending.size > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  /** Rejects the pending messages. */
  end(reason: Error): void {
    for (const { reject } of this.#pending.values()) reject(reason)
    this.#pending.clear()
  }

  #send(receipt: string, { destination, body, persistent, expirationMs }: Publication): void {
    this.#connection?.send({
      command: 'SEND',
      headers: {
        destination,
        receipt,
        'content-type': 'application/json',
        // Never `persistent:false`: RabbitMQ takes it for a queue with other properties.
        ...(persistent ? { persistent: 'true' } : {}),
        ...(expirationMs === undefined ? {} : { expiration: String(expirationMs) }),
      },
      body,
    })
  }
}
