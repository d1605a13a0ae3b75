import { type Backoff, backoffMs } from '../platform/backoff.ts'

const PAUSE_BACKOFF: Backoff = { firstMs: 1_000, maxMs: 60_000 }

/** How long a worker pauses after a job that it could not try: longer each time, until a job is done. */
export class WorkerPause {
  readonly #onEnd: () => void
  readonly #backoff: Backoff
  #returnedJobs = 0
  #timer: NodeJS.Timeout | null = null

  constructor({ onEnd, backoff = PAUSE_BACKOFF }: { onEnd(): void; backoff?: Backoff | undefined }) {
    this.#onEnd = onEnd
    this.#backoff = backoff
  }

  /** The length of the next pause in milliseconds. The one after it is longer. */
  nextMs(): number {
    return backoffMs(this.#backoff, ++this.#returnedJobs)
  }

  start(pauseMs: number): void {
    this.cancel()
    this.#timer = setTimeout(this.#onEnd, pauseMs)
  }

  /** A job was done: the next pause is the shortest again. */
  reset(): void {
    this.#returnedJobs = 0
  }

  cancel(): void {
    if (this.#timer) clearTimeout(this.#timer)
  }
}
