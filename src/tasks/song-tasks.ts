import { setTimeout } from 'node:timers/promises'
import type { LimitFunction } from 'p-limit'
import type { TransientFault } from '../platform/transient-fault.ts'

const RETRY_MS = 1_000
/** Disk space is freed by people, which takes longer. */
const NO_ROOM_RETRY_MS = 5_000

export type SongTask = {
  songId: number
  /** Limits how many tasks of one kind run at once. */
  limit: LimitFunction
  work(signal: AbortSignal): Promise<void>
}

/**
 * Runs background tasks of songs, each within its limit, and stops them with their song. A task that meets a transient fault waits
 * and tries again. Any other error fails the song.
 */
export class SongTasks {
  readonly #abortControllers = new Map<number, AbortController>()
  /** Running and waiting tasks of each song. Its files are removed only after they have ended. */
  readonly #running = new Map<number, Set<Promise<void>>>()
  readonly #onFault: (songId: number, error: unknown) => void
  readonly #transientFaultOf: (error: unknown) => TransientFault | null
  readonly #retryMs: number
  #isClosed = false

  constructor({
    onFault,
    transientFaultOf,
    retryMs = RETRY_MS,
  }: {
    onFault(songId: number, error: unknown): void
    transientFaultOf(error: unknown): TransientFault | null
    retryMs?: number
  }) {
    this.#onFault = onFault
    this.#transientFaultOf = transientFaultOf
    this.#retryMs = retryMs
  }

  /**
   * @param after resolves when the task may start; awaited outside of the limit
   * @param onEnd called when the task has ended, for whatever reason
   */
  run({
    songId,
    limit,
    work,
    after = Promise.resolve(),
    onEnd = () => undefined,
  }: SongTask & { after?: Promise<void>; onEnd?(): void }): void {
    if (this.#isClosed) return
    const stop = this.#abortControllers.get(songId) ?? new AbortController()
    this.#abortControllers.set(songId, stop)
    const done = settledOrAborted(after, stop.signal).then(() =>
      limit(() => this.#attempt({ songId, work, signal: stop.signal })),
    )
    const running = this.#running.get(songId) ?? new Set()
    this.#running.set(songId, running.add(done))
    void done.finally(() => {
      running.delete(done)
      onEnd()
    })
  }

  /** Stops a song's tasks. Resolves when none is left. */
  async stop(songId: number): Promise<void> {
    this.#abortControllers.get(songId)?.abort()
    this.#abortControllers.delete(songId)
    await Promise.allSettled(this.#running.get(songId) ?? [])
    this.#running.delete(songId)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#abortControllers.keys()].map((songId) => this.stop(songId)))
  }

  async #attempt({ songId, work, signal }: Omit<SongTask, 'limit'> & { signal: AbortSignal }): Promise<void> {
    while (!signal.aborted) {
      const fault = await this.#try({ songId, work, signal })
      if (fault === null) return
      const waitMs = fault === 'no-room' ? this.#retryMs * (NO_ROOM_RETRY_MS / RETRY_MS) : this.#retryMs
      await setTimeout(waitMs, undefined, { signal }).catch(() => undefined)
    }
  }

  /**
   * Runs a task once.
   * @returns the transient fault that interrupted it; null if it is finished
   */
  async #try({
    songId,
    work,
    signal,
  }: Omit<SongTask, 'limit'> & { signal: AbortSignal }): Promise<TransientFault | null> {
    try {
      await work(signal)
      return null
    } catch (error) {
      if (signal.aborted) return null
      const transient = this.#transientFaultOf(error)
      if (transient) return transient
      try {
        this.#onFault(songId, error)
        return null
      } catch (fault) {
        // Recording the failure writes to the ledger, which may meet a transient fault too.
        const ofLedger = this.#transientFaultOf(fault)
        if (!ofLedger) throw fault
        return ofLedger
      }
    }
  }
}

/** Resolves when the promise resolves or the signal is aborted. */
function settledOrAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<void>()
  if (signal.aborted) aborted.resolve()
  signal.addEventListener('abort', () => aborted.resolve(), { once: true })
  return Promise.race([promise, aborted.promise])
}
