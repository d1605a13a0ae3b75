import type { InstalledModel, InstalledSpeechModel } from '../models/installed-models.ts'
import { messageOf } from '../song/errors.ts'
import { Inference } from './inference.ts'
import type { OpenOptions } from './open-separator.ts'
import type { Separator } from './separator.ts'
import type { Speech } from './speech.ts'
import { SpeechInference } from './speech-inference.ts'

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

/** A model in a thread of its own. `close` lets its work finish. */
type Thread = { note: string | null; close(): Promise<void> }
type Loaded = { thread: Promise<Thread>; memoryMb: number; usedAt: number }

/**
 * The models that a worker has loaded, those that separate and those that hear words. Each is loaded when it is first needed, and
 * stays loaded. To make room for another model, the pool closes the one that was not used for the longest time. This process does not
 * try again to load a model that could not be loaded.
 */
export class ModelPool {
  readonly #capacity: Capacity
  readonly #loaded = new Map<string, Loaded>()
  readonly #refused = new Map<string, string>()

  constructor(capacity: Capacity) {
    this.#capacity = capacity
  }

  get capacity(): Capacity {
    return this.#capacity
  }

  separatorOf(model: InstalledModel): Promise<Separator> {
    const { threads, allThreads, provider, graphsFolder } = this.#capacity
    const options = { model, threads: model.isLarge ? allThreads : threads, provider, graphsFolder }
    return this.#of(model, () => Inference.open(options))
  }

  /** It always runs on the CPU. */
  speechOf(model: InstalledSpeechModel): Promise<Speech> {
    return this.#of(model, () => SpeechInference.open({ model, threads: this.#capacity.threads }))
  }

  async close(): Promise<void> {
    for (const { thread } of this.#loaded.values()) await (await thread.catch(() => null))?.close()
    this.#loaded.clear()
  }

  /** The model in its thread. An id means one model, so the thread that is known is of the type that `open` gives. */
  async #of<T extends Thread>({ id, memoryMb }: { id: string; memoryMb: number }, open: () => Promise<T>): Promise<T> {
    const refusal = this.#refused.get(id)
    if (refusal) throw new Error(refusal)
    const known = this.#loaded.get(id)
    if (known) {
      known.usedAt = performance.now()
      return known.thread as Promise<T>
    }
    await this.#makeRoom(memoryMb)
    const { onLoading, onLoaded } = this.#capacity
    onLoading?.(id)
    const thread = open()
    this.#loaded.set(id, { thread, memoryMb, usedAt: performance.now() })
    thread.then(
      ({ note }) => onLoaded?.(id, note),
      (error: unknown) => {
        onLoaded?.(id, null)
        this.#loaded.delete(id)
        this.#refused.set(id, messageOf(error))
      },
    )
    return thread
  }

  async #makeRoom(memoryMb: number): Promise<void> {
    const byAge = [...this.#loaded].sort(([, a], [, b]) => a.usedAt - b.usedAt)
    for (const [id, { thread }] of byAge) {
      if (memoryMb + this.#takenMb() <= this.#capacity.memoryMb) return
      this.#loaded.delete(id)
      await (await thread.catch(() => null))?.close()
    }
  }

  #takenMb(): number {
    return [...this.#loaded.values()].reduce((sum, { memoryMb }) => sum + memoryMb, 0)
  }
}
