import type { Log } from '../../log.ts'
import { type Backoff, backoffMs } from '../../platform/backoff.ts'
import { type Exit, WorkerProcess } from './worker-process.ts'

const RESTART_BACKOFF: Backoff = { firstMs: 1_000, maxMs: 60_000 }
/** A worker that has lived this long was healthy. If it ends, the backoff begins again with its first wait. */
const HEALTHY_LIFE_MS = 60_000
/**
 * The signals that end a process when a broken model crashes it. Other signals come from outside and are no fault of the model.
 */
const CRASH_SIGNALS: ReadonlySet<string> = new Set(['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE'])
/** The causes with which the kernel, V8 or the C++ library ends a process that gets no memory. */
const OUT_OF_MEMORY: ReadonlySet<string> = new Set(['SIGKILL', 'SIGABRT', 'SIGTRAP', 'exit 133', 'exit 134'])
const LEFT_BY_ITSELF = 'exit 0'

export type WorkerSupervisor = {
  /** Lets every worker finish its job, and starts another one in its place. */
  renew(): void
  /** Stops all workers and starts no others. */
  close(): Promise<void>
}

type Options = {
  healthy: number
  unhealthy: number
  /** The settings of the worker at this place. The first place has the memory for large models. */
  environment(place: number): Record<string, string>
  /** Called for a worker that has ended without announcing it. */
  onDeath(worker: string): void
  log: Log
}

/**
 * Starts worker processes. When one ends, another one starts in its place after a backoff. Workers that simulate crashes are
 * not replaced. Each process has a different name. If a model kills the process that loads it, all workers that start later
 * refuse it.
 */
export function superviseWorkers(options: Options): WorkerSupervisor {
  const count = options.healthy + options.unhealthy
  const refusedModels = new Set<string>()
  let listening = 0
  const onListening = () => {
    if (++listening === count) options.log.info(`${listening} workers started listening for jobs.`)
  }
  const places = Array.from({ length: count }, (_, index) => {
    return new WorkerPlace({ ...options, index, refusedModels, onListening })
  })
  return {
    renew() {
      for (const place of places) place.renew()
    },
    async close() {
      await Promise.all(places.map((place) => place.close()))
    },
  }
}

/** One place for a worker: its present process, and the timer that starts the next one. */
class WorkerPlace {
  readonly #options: Options & { index: number; refusedModels: Set<string>; onListening(): void }
  readonly #isUnhealthy: boolean
  #process: WorkerProcess | null = null
  #failures = 0
  #restartTimer: NodeJS.Timeout | null = null
  #isClosing = false

  constructor(options: Options & { index: number; refusedModels: Set<string>; onListening(): void }) {
    this.#options = options
    this.#isUnhealthy = options.index >= options.healthy
    this.#start()
  }

  renew(): void {
    this.#process?.terminate()
  }

  async close(): Promise<void> {
    this.#isClosing = true
    if (this.#restartTimer) clearTimeout(this.#restartTimer)
    await this.#process?.stop()
  }

  #start(): void {
    const { index, environment, refusedModels, onListening } = this.#options
    const started = new WorkerProcess({
      isUnhealthy: this.#isUnhealthy,
      refusedModels: [...refusedModels],
      environment: environment(index),
      onListening,
      onExit: (exit) => this.#afterExit(started.name, exit),
    })
    this.#process = started
  }

  #afterExit(name: string, { cause, loadingModel, livedMs }: Exit): void {
    this.#process = null
    const { refusedModels, log, onDeath } = this.#options
    if (loadingModel !== null && CRASH_SIGNALS.has(cause)) {
      refusedModels.add(loadingModel)
      log.error(`Model ${loadingModel} killed Worker[${name}] (${cause}); no worker here loads it again.`)
    }
    if (this.#isClosing) return
    if (cause !== LEFT_BY_ITSELF) onDeath(name)
    if (this.#isUnhealthy) log.warn(`Worker[${name}] died (${cause}).`)
    else this.#restartLater(name, { cause, livedMs })
  }

  #restartLater(name: string, { cause, livedMs }: Pick<Exit, 'cause' | 'livedMs'>): void {
    this.#failures = livedMs >= HEALTHY_LIFE_MS ? 1 : this.#failures + 1
    const waitMs = backoffMs(RESTART_BACKOFF, this.#failures)
    const end = cause === LEFT_BY_ITSELF ? 'left' : `died (${cause})`
    const hint = OUT_OF_MEMORY.has(cause) ? ' It was killed, or found no memory.' : ''
    this.#options.log.warn(`Worker[${name}] ${end}; another one starts in ${waitMs / 1000} s.${hint}`)
    this.#restartTimer = setTimeout(() => this.#start(), waitMs)
  }
}
