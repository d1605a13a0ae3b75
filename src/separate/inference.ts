import './no-telemetry.ts'
import { Worker } from 'node:worker_threads'
import type { InstalledModel } from '../models/installed-models.ts'
import { computedStems } from '../song/plan.ts'
import type { CancelRequest, InferenceReply, InferenceRequest } from './inference-thread.ts'
import type { OpenOptions } from './open-separator.ts'
import type { SegmentInput, Separator } from './separator.ts'

type Pending = { resolve(partials: Float32Array[]): void; reject(error: Error): void }

/**
 * A separator in a thread of this process. `session.run` of onnxruntime-node blocks its event loop, and the heart-beats of
 * the process must go on. Segments are separated one at a time; calls may overlap.
 *
 * The thread is never terminated while it runs, because that aborts the whole process. `close` lets it finish.
 */
export class Inference implements Separator {
  readonly grid
  readonly stems: readonly string[]
  /** A message for the user about how the model runs; null if there is none. */
  note: string | null = null
  readonly #thread: Worker
  readonly #pending = new Map<number, Pending>()
  #lastId = 0
  #fault: Error | null = null

  private constructor(model: InstalledModel, thread: Worker) {
    this.grid = model.grid
    this.stems = computedStems(model)
    this.#thread = thread
    thread.on('message', (reply: InferenceReply) => this.#settle(reply))
    thread.on('error', (error) => this.#fail(error instanceof Error ? error : new Error(String(error))))
    thread.on('exit', () => this.#fail(new Error('The inference thread has ended.')))
  }

  /** Starts the thread and loads the model in it. Throws a UserError when the model cannot be used. */
  static async open(options: OpenOptions): Promise<Inference> {
    const thread = new Worker(new URL('./inference-thread.ts', import.meta.url), { workerData: options })
    const inference = new Inference(options.model, thread)
    const opened = new Promise<void>((resolve, reject) => {
      inference.#pending.set(0, { resolve: () => resolve(), reject })
    })
    await opened.catch((error: unknown) => {
      thread.postMessage(null) // the thread without a model ends
      throw error
    })
    return inference
  }

  async separate(segment: SegmentInput, signal?: AbortSignal): Promise<Float32Array[]> {
    if (this.#fault) throw this.#fault
    signal?.throwIfAborted()
    const id = ++this.#lastId
    const request: InferenceRequest = { id, segment }
    const cancel = () => this.#thread.postMessage({ cancel: id } satisfies CancelRequest)
    signal?.addEventListener('abort', cancel)
    try {
      return await new Promise((resolve, reject) => {
        this.#pending.set(id, { resolve, reject })
        this.#thread.postMessage(request)
      })
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  /** Lets the segment in progress finish, then ends the thread. */
  async close(): Promise<void> {
    if (this.#fault) return
    const ended = new Promise<void>((resolve) => this.#thread.once('exit', () => resolve()))
    this.#thread.postMessage(null)
    await ended
  }

  #settle(reply: InferenceReply): void {
    const pending = this.#pending.get(reply.id)
    this.#pending.delete(reply.id)
    if ('note' in reply) this.note = reply.note ?? null
    if ('fault' in reply) pending?.reject(reply.fault)
    else pending?.resolve(reply.partials)
  }

  #fail(error: Error): void {
    this.#fault ??= error
    for (const pending of this.#pending.values()) pending.reject(error)
    this.#pending.clear()
  }
}
