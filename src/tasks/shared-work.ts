import { setImmediate } from 'node:timers/promises'
import pLimit, { type LimitFunction } from 'p-limit'
import { UserError } from '../song/errors.ts'

const RETRY_AFTER_SECONDS = 1
/**
 * A result is handed to this many waiting requests per turn of the event loop, so that other requests are answered in
 * between.
 */
const DELIVERIES_PER_TURN = 8

type Entry<T> = {
  result: Promise<T>
  isDone: boolean
  /** How many requests wait for the result or are still sending it. */
  users: number
  weight: number
  abort: AbortController
}

/**
 * Shares work between concurrent requests by key. Equal work runs once, a few keys run at a time, and the others wait in
 * order. Work that no request waits for any more is aborted. Requests beyond the total weight are refused (busy).
 *
 * Work has a weight from its request until it is done. A cached result has its own weight. If room is needed, the least
 * recently used result is evicted, but never one that is still being sent.
 */
export class SharedWork<T> {
  readonly #limit: LimitFunction
  readonly #deliveries = pLimit(DELIVERIES_PER_TURN)
  readonly #what: string
  readonly #maxWeight: number
  readonly #weigh: ((result: T) => number) | null
  /** In order of last use. */
  readonly #entries = new Map<string, Entry<T>>()
  #weight = 0

  /**
   * @param what names what is made, in the plural, for the message
   * @param maxWeight the limit for the total weight
   * @param weigh returns the weight of a cached result; null: results are not cached
   */
  constructor({
    what,
    concurrency,
    maxWeight,
    weigh,
  }: {
    what: string
    concurrency: number
    maxWeight: number
    weigh: ((result: T) => number) | null
  }) {
    this.#what = what
    this.#limit = pLimit(concurrency)
    this.#maxWeight = maxWeight
    this.#weigh = weigh
  }

  /**
   * Returns the result for a key. Throws a UserError (busy) if too much work is waiting, and one (broken-off) if the work was
   * aborted.
   * @param signal aborted when the request has ended: its client is gone, or has received the whole result
   */
  async get({
    key,
    weight,
    signal,
    work,
  }: {
    key: string
    weight: number
    signal: AbortSignal
    work(signal: AbortSignal): Promise<T>
  }): Promise<T> {
    if (signal.aborted) throw abortedError()
    const entry = this.#entries.get(key) ?? this.#begin({ key, weight, work })
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    entry.users++
    signal.addEventListener('abort', () => this.#removeUser(key, entry), { once: true })
    const result = await entry.result
    await this.#deliveries(() => setImmediate())
    return result
  }

  /** Aborts all work. Resolves when none is left. */
  async close(): Promise<void> {
    const entries = [...this.#entries.values()]
    for (const { abort } of entries) abort.abort(abortedError())
    await Promise.allSettled(entries.map(({ result }) => result))
  }

  #begin({ key, weight, work }: { key: string; weight: number; work(signal: AbortSignal): Promise<T> }): Entry<T> {
    this.#evictUntilFits(weight)
    const abort = new AbortController()
    const result = this.#limit(() => {
      abort.signal.throwIfAborted()
      return work(abort.signal)
    })
    const entry: Entry<T> = { result, isDone: false, users: 0, weight, abort }
    this.#weight += weight
    const done = (made: T): void => {
      entry.isDone = true
      if (this.#weigh === null) this.#forget(key, entry)
      else if (this.#entries.get(key) === entry) this.#changeWeight(entry, this.#weigh(made))
    }
    result.then(done, () => this.#forget(key, entry))
    return entry
  }

  #evictUntilFits(weight: number): void {
    for (const [key, entry] of this.#entries) {
      if (this.#weight + weight <= this.#maxWeight) return
      if (entry.isDone && entry.users === 0) this.#forget(key, entry)
    }
    if (this.#weight + weight > this.#maxWeight) throw tooBusyError(this.#what)
  }

  #removeUser(key: string, entry: Entry<T>): void {
    entry.users--
    if (entry.users > 0 || entry.isDone) return
    entry.abort.abort(abortedError())
    this.#forget(key, entry)
  }

  #forget(key: string, entry: Entry<T>): void {
    if (this.#entries.get(key) !== entry) return
    this.#entries.delete(key)
    this.#changeWeight(entry, 0)
  }

  #changeWeight(entry: Entry<T>, weight: number): void {
    this.#weight += weight - entry.weight
    entry.weight = weight
  }
}

function tooBusyError(what: string): UserError {
  return new UserError(`The server is already making as many ${what} as it can. Try again in a moment.`, {
    code: 'busy',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  })
}

function abortedError(): UserError {
  return new UserError('The request was aborted, so its result is no longer made.', {
    code: 'broken-off',
  })
}
