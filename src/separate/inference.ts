import './no-telemetry.ts'
import { Worker } from 'node:worker_threads'
import { computedStems } from '../models/description.ts'
import type { ShelvedModel } from '../models/shelf.ts'
import type { DropRequest, InferenceReply, InferenceRequest } from './inference-thread.ts'
import type { OpenOptions } from './open-separator.ts'
import type { SegmentInput, Separator } from './separator.ts'

type Pending = { resolve(partials: Float32Array[]): void; reject(error: Error): void }

/**
 * A separator that runs in a thread of this process, because `session.run` of onnxruntime-node blocks its event loop
 * and heart-beats must go on. One segment at a time; calls wait in line.
 *
 * The thread is never terminated while it runs: that would abort the whole process. `close` lets it finish.
 */
export class Inference implements Separator {
  readonly grid
  readonly stems: readonly string[]
  /** What a person should know of how the model runs, or null. */
  note: string | null = null
  readonly #thread: Worker
  readonly #pending = new Map<number, Pending>()
  #lastId = 0
  #fault: Error | null = null

  private constructor(model: ShelvedModel, thread: Worker) {
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
      thread.postMessage(null) // a thread without a model is of no use
      throw error
    })
    return inference
  }

  async separate(segment: SegmentInput, signal?: AbortSignal): Promise<Float32Array[]> {
    if (this.#fault) throw this.#fault
    signal?.throwIfAborted()
    const id = ++this.#lastId
    const request: InferenceRequest = { id, segment }
    const drop = () => this.#thread.postMessage({ drop: id } satisfies DropRequest)
    signal?.addEventListener('abort', drop)
    try {
      return await new Promise((resolve, reject) => {
        this.#pending.set(id, { resolve, reject })
        this.#thread.postMessage(request)
      })
    } finally {
      signal?.removeEventListener('abort', drop)
    }
  }

  /** Lets the segment in work finish, then ends the thread. */
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
