import { setImmediate } from 'node:timers/promises'
import pLimit, { type LimitFunction } from 'p-limit'
import { UserError } from '../song/errors.ts'

const RETRY_AFTER_SECONDS = 1
/** A result that hundreds wait for is handed to so many in one turn of the event loop: other requests are answered between. */
const DELIVERIES_PER_TURN = 8

type Entry<T> = {
  result: Promise<T>
  isDone: boolean
  /** Who waits for the result, or still sends it to somebody. */
  users: number
  weight: number
  abort: AbortController
}

/**
 * Work that is asked for by many at once, each by its key: equal work is done once, a few at a time, the rest waits in turn.
 * Work that nobody waits for any more is aborted. Beyond the total weight whoever asks is told to ask again (429).
 *
 * Work has a weight from when it is asked for until it is done. A result that is kept has one from then on, until its room is
 * needed for others: the one used longest ago goes first, and never one that is still being sent to somebody.
 */
export class SharedWork<T> {
  readonly #lane: LimitFunction
  readonly #deliveries = pLimit(DELIVERIES_PER_TURN)
  readonly #what: string
  readonly #maxWeight: number
  readonly #weigh: ((result: T) => number) | null
  /** In order of their last use. */
  readonly #entries = new Map<string, Entry<T>>()
  #weight = 0

  /**
   * @param what is made, in the plural, for the message
   * @param maxWeight total weight
   * @param weigh the weight of a result that is kept; null: results are not kept
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
    this.#lane = pLimit(concurrency)
    this.#maxWeight = maxWeight
    this.#weigh = weigh
  }

  /**
   * Throws a UserError (429) when there is too much to do already, and (400) when the work was aborted.
   * @param signal aborted once whoever asks is gone, or has all of the result
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

  /** Aborts all work; resolves when none is left. */
  async close(): Promise<void> {
    const entries = [...this.#entries.values()]
    for (const { abort } of entries) abort.abort(abortedError())
    await Promise.allSettled(entries.map(({ result }) => result))
  }

  #begin({ key, weight, work }: { key: string; weight: number; work(signal: AbortSignal): Promise<T> }): Entry<T> {
    this.#evictUntilFits(weight)
    const abort = new AbortController()
    const result = this.#lane(() => {
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
  return new UserError(`The server makes as many ${what} as it can already. Try again in a moment.`, {
    code: 'busy',
    status: 429,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  })
}

function abortedError(): UserError {
  return new UserError('The request broke off, and what it asked for is no longer made.', {
    code: 'broken-off',
    status: 400,
  })
}
