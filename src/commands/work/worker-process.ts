import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { MAIN_PATH } from '../main-path.ts'
import type { WorkerReport } from './worker.ts'

/** How long a worker has to finish its job before it is killed. */
const STOP_TIMEOUT_MS = 15_000
const NAME_CHARACTERS = 7

export type Exit = {
  /** The signal, `exit` with the exit code, or why no process was started. */
  cause: string
  /** The model that the process was loading when it ended; null when there was none. */
  loadingModel: string | null
  livedMs: number
}

/** A child process that runs one worker. */
export class WorkerProcess {
  readonly name = randomBytes(4).toString('hex').slice(0, NAME_CHARACTERS)
  readonly #child: ChildProcess
  readonly #startedAt = performance.now()
  #loadingModel: string | null = null
  readonly #ended = Promise.withResolvers<void>()
  #hasEnded = false

  /** @param onExit called once, after the constructor has returned. It is also called when no process could be started */
  constructor({
    isUnhealthy,
    refusedModels,
    environment,
    onListening,
    onExit,
  }: {
    isUnhealthy: boolean
    refusedModels: readonly string[]
    environment: Record<string, string>
    onListening(): void
    onExit(exit: Exit): void
  }) {
    const flags = isUnhealthy ? ['--unhealthy'] : []
    if (refusedModels.length > 0) flags.push('--refused', refusedModels.join(','))
    this.#child = fork(MAIN_PATH, ['worker', '--name', this.name, ...flags], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: process.execArgv,
    })
    const end = (cause: string) => {
      if (this.#hasEnded) return
      this.#hasEnded = true
      this.#ended.resolve()
      onExit({ cause, loadingModel: this.#loadingModel, livedMs: performance.now() - this.#startedAt })
    }
    this.#child.on('message', (report: WorkerReport) => {
      if (report.kind === 'listening') onListening()
      else this.#loadingModel = report.kind === 'loading' ? report.modelId : null
    })
    // If the machine has no file descriptor or no memory left, no process starts and no exit event comes.
    this.#child.on('error', (error) => {
      if (this.#child.pid === undefined) end(`it could not be started: ${error.message}`)
    })
    this.#child.on('exit', (code, signal) => end(signal ?? `exit ${code}`))
  }

  /** Asks the worker to finish its job and exit. */
  terminate(): void {
    this.#child.kill('SIGTERM')
  }

  /** Terminates the worker, and kills it after STOP_TIMEOUT_MS. Resolves when it has ended. */
  async stop(): Promise<void> {
    if (this.#hasEnded) return
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    try {
      this.terminate()
      await this.#ended.promise
    } finally {
      clearTimeout(timer)
    }
  }
}
