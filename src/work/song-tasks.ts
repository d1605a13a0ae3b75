import { setTimeout } from 'node:timers/promises'
import type { LimitFunction } from 'p-limit'
import type { PassingFault } from '../song/passing-fault.ts'

const RETRY_MS = 1_000
/** Room is made by people. */
const NO_ROOM_RETRY_MS = 5_000

export type SongTask = {
  songId: number
  /** How many tasks of a kind run at once. */
  lane: LimitFunction
  work(signal: AbortSignal): Promise<void>
}

/**
 * Work on songs in the background: each task in its lane, stopped with its song. A passing fault of the machine or the ledger is
 * waited for; any other fault is the song's.
 */
export class SongTasks {
  readonly #stops = new Map<number, AbortController>()
  /** Tasks of each song that run or wait, so that its files are removed only after them. */
  readonly #underWay = new Map<number, Set<Promise<void>>>()
  readonly #onFault: (songId: number, error: unknown) => void
  readonly #passingFaultOf: (error: unknown) => PassingFault | null
  readonly #retryMs: number
  #isClosed = false

  constructor({
    onFault,
    passingFaultOf,
    retryMs = RETRY_MS,
  }: {
    onFault(songId: number, error: unknown): void
    passingFaultOf(error: unknown): PassingFault | null
    retryMs?: number
  }) {
    this.#onFault = onFault
    this.#passingFaultOf = passingFaultOf
    this.#retryMs = retryMs
  }

  /**
   * @param after what has to be done for the song before, outside of the lane
   * @param onEnd called when the task is over, however that came about
   */
  run({
    songId,
    lane,
    work,
    after = Promise.resolve(),
    onEnd = () => undefined,
  }: SongTask & { after?: Promise<void>; onEnd?(): void }): void {
    if (this.#isClosed) return
    const stop = this.#stops.get(songId) ?? new AbortController()
    this.#stops.set(songId, stop)
    const done = settledOrAborted(after, stop.signal).then(() =>
      lane(() => this.#attempt({ songId, work, signal: stop.signal })),
    )
    const underWay = this.#underWay.get(songId) ?? new Set()
    this.#underWay.set(songId, underWay.add(done))
    void done.finally(() => {
      underWay.delete(done)
      onEnd()
    })
  }

  /** Stops a song's tasks; resolves when none is left. */
  async stop(songId: number): Promise<void> {
    this.#stops.get(songId)?.abort()
    this.#stops.delete(songId)
    await Promise.allSettled(this.#underWay.get(songId) ?? [])
    this.#underWay.delete(songId)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#stops.keys()].map((songId) => this.stop(songId)))
  }

  async #attempt({ songId, work, signal }: Omit<SongTask, 'lane'> & { signal: AbortSignal }): Promise<void> {
    while (!signal.aborted) {
      const fault = await this.#try({ songId, work, signal })
      if (fault === null) return
      const waitMs = fault === 'no-room' ? this.#retryMs * (NO_ROOM_RETRY_MS / RETRY_MS) : this.#retryMs
      await setTimeout(waitMs, undefined, { signal }).catch(() => undefined)
    }
  }

  /** Returns the passing fault that keeps a task from its end; null where it is over. */
  async #try({ songId, work, signal }: Omit<SongTask, 'lane'> & { signal: AbortSignal }): Promise<PassingFault | null> {
    try {
      await work(signal)
      return null
    } catch (error) {
      if (signal.aborted) return null
      const passing = this.#passingFaultOf(error)
      if (passing) return passing
      try {
        this.#onFault(songId, error)
        return null
      } catch (fault) {
        // That it has failed may find no room in the ledger either.
        const ofLedger = this.#passingFaultOf(fault)
        if (!ofLedger) throw fault
        return ofLedger
      }
    }
  }
}

/** Resolves with a promise, or when the signal is aborted before. */
function settledOrAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<void>()
  if (signal.aborted) aborted.resolve()
  signal.addEventListener('abort', () => aborted.resolve(), { once: true })
  return Promise.race([promise, aborted.promise])
}
