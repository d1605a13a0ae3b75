import type { FastifyRateLimitStore } from '@fastify/rate-limit'

/** Beyond so many addresses those that were seen first are forgotten. */
const MOST_ADDRESSES = 5_000

type Count = { count: number; msLeft: number }

/** How often something came from each address within a span of time that begins with the first of it. Keeps no wall clock. */
export class AddressCounts {
  readonly #windowMs: number
  readonly #counts = new Map<string, { count: number; sinceMs: number }>()

  constructor(windowMs: number) {
    this.#windowMs = windowMs
  }

  of(address: string): Count {
    const now = performance.now()
    const known = this.#counts.get(address)
    if (!known || now - known.sinceMs >= this.#windowMs) return { count: 0, msLeft: this.#windowMs }
    return { count: known.count, msLeft: Math.ceil(this.#windowMs - (now - known.sinceMs)) }
  }

  /** Counts one more. */
  add(address: string): Count {
    const { count, msLeft } = this.of(address)
    this.#counts.delete(address)
    this.#counts.set(address, { count: count + 1, sinceMs: performance.now() - (this.#windowMs - msLeft) })
    const [oldest] = this.#counts.keys()
    if (this.#counts.size > MOST_ADDRESSES && oldest !== undefined) this.#counts.delete(oldest)
    return { count: count + 1, msLeft }
  }
}

type Counted = (error: Error | null, count: { current: number; ttl: number }) => void

/**
 * The counts as `@fastify/rate-limit` asks for them. Its own store goes by the wall clock: whoever was near the limit as that
 * was set an hour back would be kept out for an hour.
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
