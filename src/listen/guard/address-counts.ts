import type { FastifyRateLimitStore } from '@fastify/rate-limit'

/** Beyond this number of addresses, the one whose last count is oldest is removed. */
const MAX_ADDRESSES = 5_000

type Count = { count: number; msLeft: number }

/** Counts events by address within a time window, which begins with an address's first event. It uses the monotonic clock. */
export class AddressCounts {
  readonly #windowMs: number
  readonly #counts = new Map<string, { count: number; sinceMs: number }>()

  constructor(windowMs: number) {
    this.#windowMs = windowMs
  }

  /** The count of an address in its present window, and the time until the window ends. */
  of(address: string): Count {
    const now = performance.now()
    const known = this.#counts.get(address)
    if (!known || now - known.sinceMs >= this.#windowMs) return { count: 0, msLeft: this.#windowMs }
    return { count: known.count, msLeft: Math.ceil(this.#windowMs - (now - known.sinceMs)) }
  }

  /** Counts one more event of an address. */
  add(address: string): Count {
    const { count, msLeft } = this.of(address)
    this.#counts.delete(address)
    this.#counts.set(address, { count: count + 1, sinceMs: performance.now() - (this.#windowMs - msLeft) })
    const [oldest] = this.#counts.keys()
    if (this.#counts.size > MAX_ADDRESSES && oldest !== undefined) this.#counts.delete(oldest)
    return { count: count + 1, msLeft }
  }
}

type Counted = (error: Error | null, count: { current: number; ttl: number }) => void

/**
 * A store for `@fastify/rate-limit`. The one that it brings uses the wall clock: if that is set back by an hour, an address at the
 * limit would be refused for an hour.
 */
export class RequestCounts implements FastifyRateLimitStore {
  readonly #counts: AddressCounts

  constructor({ timeWindow = 60_000 }: { timeWindow?: unknown } = {}) {
    this.#counts = new AddressCounts(Number(timeWindow))
  }

  incr(address: string, counted: Counted): void {
    const { count, msLeft } = this.#counts.add(address)
    counted(null, { current: count, ttl: msLeft })
  }

  child(): RequestCounts {
    return this
  }
}
