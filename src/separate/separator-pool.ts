import type { InstalledModel } from '../models/installed-models.ts'
import { messageOf } from '../song/errors.ts'
import { Inference } from './inference.ts'
import type { OpenOptions } from './open-separator.ts'
import type { Separator } from './separator.ts'

export type Capacity = {
  /** The memory that all loaded models together may take. */
  memoryMb: number
  /** Threads for a network that is small enough for one on every core. */
  threads: number
  /** Threads for a large network. Only one such network runs at a time, because memory holds no second one. */
  allThreads: number
  provider: OpenOptions['provider']
  graphsFolder: string
  onLoading?(modelId: string): void
  onLoaded?(modelId: string, note: string | null): void
}

type Loaded = { inference: Promise<Inference>; model: InstalledModel; usedAt: number }

/**
 * The models that a worker has loaded. Each is loaded when it is first needed, and stays loaded. To make room for another
 * model, the pool closes the one that was not used for the longest time. This process does not try again to load a model that
 * could not be loaded.
 */
export class SeparatorPool {
  readonly #capacity: Capacity
  readonly #loaded = new Map<string, Loaded>()
  readonly #refused = new Map<string, string>()

  constructor(capacity: Capacity) {
    this.#capacity = capacity
  }

  get capacity(): Capacity {
    return this.#capacity
  }

  async of(model: InstalledModel): Promise<Separator> {
    const refusal = this.#refused.get(model.id)
    if (refusal) throw new Error(refusal)
    const known = this.#loaded.get(model.id)
    if (known) {
      known.usedAt = performance.now()
      return known.inference
    }
    await this.#makeRoom(model.memoryMb)
    const { threads, allThreads, provider, graphsFolder, onLoading, onLoaded } = this.#capacity
    onLoading?.(model.id)
    const inference = Inference.open({ model, threads: model.isLarge ? allThreads : threads, provider, graphsFolder })
    this.#loaded.set(model.id, { inference, model, usedAt: performance.now() })
    inference.then(
      ({ note }) => onLoaded?.(model.id, note),
      (error: unknown) => {
        onLoaded?.(model.id, null)
        this.#loaded.delete(model.id)
        this.#refused.set(model.id, messageOf(error))
      },
    )
    return inference
  }

  async close(): Promise<void> {
    for (const { inference } of this.#loaded.values()) await (await inference.catch(() => null))?.close()
    this.#loaded.clear()
  }

  async #makeRoom(memoryMb: number): Promise<void> {
    const byAge = [...this.#loaded].sort(([, a], [, b]) => a.usedAt - b.usedAt)
    for (const [id, { inference }] of byAge) {
      if (memoryMb + this.#takenMb() <= this.#capacity.memoryMb) return
      this.#loaded.delete(id)
      await (await inference.catch(() => null))?.close()
    }
  }

  #takenMb(): number {
    return [...this.#loaded.values()].reduce((sum, { model }) => sum + model.memoryMb, 0)
  }
}
