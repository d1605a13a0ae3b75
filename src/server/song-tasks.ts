import { setTimeout } from 'node:timers/promises'
import type { LimitFunction } from 'p-limit'
import { isDiskFull } from '../song/errors.ts'

const DISK_FULL_RETRY_MS = 5_000

export type SongTask = {
  songId: number
  /** How many tasks of a kind run at once. */
  lane: LimitFunction
  work(signal: AbortSignal): Promise<void>
}

/**
 * Work on songs in the background: each task in its lane, stopped with its song. A full disk is waited for; any other
 * fault is the song's.
 */
export class SongTasks {
  readonly #stops = new Map<number, AbortController>()
  /** Tasks of each song that run or wait, so that its files are removed only after them. */
  readonly #underWay = new Map<number, Set<Promise<void>>>()
  readonly #onFault: (songId: number, error: unknown) => void
  readonly #onDiskFull: (songId: number) => void
  readonly #retryMs: number
  #isClosed = false

  constructor({
    onFault,
    onDiskFull,
    retryMs = DISK_FULL_RETRY_MS,
  }: {
    onFault(songId: number, error: unknown): void
    onDiskFull(songId: number): void
    retryMs?: number
  }) {
    this.#onFault = onFault
    this.#onDiskFull = onDiskFull
    this.#retryMs = retryMs
  }

  run({ songId, lane, work }: SongTask): void {
    if (this.#isClosed) return
    const stop = this.#stops.get(songId) ?? new AbortController()
    this.#stops.set(songId, stop)
    const done = lane(() => this.#attempt({ songId, work, signal: stop.signal }))
    const underWay = this.#underWay.get(songId) ?? new Set()
    this.#underWay.set(songId, underWay.add(done))
    void done.finally(() => underWay.delete(done))
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
      try {
        await work(signal).catch((error: unknown) => {
          if (signal.aborted) return
          if (isDiskFull(error)) throw error
          this.#onFault(songId, error)
        })
        return
      } catch (error) {
        // That it has failed may find no room in the ledger either.
        if (!isDiskFull(error)) throw error
        this.#onDiskFull(songId)
        await setTimeout(this.#retryMs, undefined, { signal }).catch(() => undefined)
      }
    }
  }
}
