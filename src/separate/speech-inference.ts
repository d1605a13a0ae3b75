import './no-telemetry.ts'
import { Worker } from 'node:worker_threads'
import type { LyricsTask, LyricsTaskResult } from '../song/lyrics-task.ts'
import type { SpeechOptions } from './open-speech.ts'
import type { Speech } from './speech.ts'
import type { CancelRequest, SpeechReply, SpeechRequest } from './speech-thread.ts'

type Pending = { resolve(result: LyricsTaskResult | null): void; reject(error: Error): void }

/**
 * A model that hears words, in a thread of this process, for the same reasons as `Inference`: the networks block their event
 * loop, and a thread that runs is never terminated.
 */
export class SpeechInference implements Speech {
  readonly note: string | null = null
  readonly #thread: Worker
  readonly #pending = new Map<number, Pending>()
  #lastId = 0
  #fault: Error | null = null

  private constructor(thread: Worker) {
    this.#thread = thread
    thread.on('message', (reply: SpeechReply) => this.#settle(reply))
    thread.on('error', (error) => this.#fail(error instanceof Error ? error : new Error(String(error))))
    thread.on('exit', () => this.#fail(new Error('The thread that hears words has ended.')))
  }

  /** Starts the thread and loads the model in it. Throws a UserError when the model cannot be used. */
  static async open(options: SpeechOptions): Promise<SpeechInference> {
    const thread = new Worker(new URL('./speech-thread.ts', import.meta.url), { workerData: options })
    const inference = new SpeechInference(thread)
    await inference.#reply(0).catch((error: unknown) => {
      thread.postMessage(null) // the thread without a model ends
      throw error
    })
    return inference
  }

  async run(task: LyricsTask, voice: Int16Array, signal?: AbortSignal): Promise<LyricsTaskResult> {
    if (this.#fault) throw this.#fault
    signal?.throwIfAborted()
    const id = ++this.#lastId
    const cancel = () => this.#thread.postMessage({ cancel: id } satisfies CancelRequest)
    signal?.addEventListener('abort', cancel)
    try {
      const replied = this.#reply(id)
      this.#thread.postMessage({ id, task, voice } satisfies SpeechRequest)
      const result = await replied
      if (!result) throw new Error('The model gave no result.')
      return result
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  /** Lets the task in progress finish, then ends the thread. */
  async close(): Promise<void> {
    if (this.#fault) return
    const ended = new Promise<void>((resolve) => this.#thread.once('exit', () => resolve()))
    this.#thread.postMessage(null)
    await ended
  }

  #reply(id: number): Promise<LyricsTaskResult | null> {
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }))
  }

  #settle(reply: SpeechReply): void {
    const pending = this.#pending.get(reply.id)
    this.#pending.delete(reply.id)
    if ('fault' in reply) pending?.reject(reply.fault)
    else pending?.resolve(reply.result)
  }

  #fail(error: Error): void {
    this.#fault ??= error
    for (const pending of this.#pending.values()) pending.reject(error)
    this.#pending.clear()
  }
}
