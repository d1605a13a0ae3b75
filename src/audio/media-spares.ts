import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const CHILD = fileURLToPath(new URL('./media-child.ts', import.meta.url))
/** One looks into a song, one decodes it, two decode where somebody listens before that. */
const SPARES = 4
const UNWANTED_AFTER_MS = 5 * 60_000
/** After the last one was taken: not while whoever waits for the song, or for where it is to go on, needs the cores. */
const REFILL_AFTER_MS = 10_000

/**
 * Media processes that are started ahead of their task, while somebody is about to add or play songs: a start takes 0.2 s
 * of a quiet machine, 0.5 s of a busy one, and a song needs two or three. Each gets one task, as the others do.
 */
class Spares {
  readonly #children = new Set<ChildProcess>()
  #timer: NodeJS.Timeout | null = null
  #refill: NodeJS.Timeout | null = null
  #isWanted = false

  /** To be called when somebody is there; from five minutes after the last call on none are kept. */
  expect(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.close(), UNWANTED_AFTER_MS)
    this.#timer.unref()
    if (this.#isWanted) return // those that were taken are replaced in their time
    this.#isWanted = true
    this.#fill()
  }

  /** A process without a task: a spare one, or a new one. */
  take(): ChildProcess {
    const [spare] = this.#children
    this.#refillLater()
    if (!spare) return start()
    this.#children.delete(spare)
    spare.ref()
    return spare
  }

  close(): void {
    this.#isWanted = false
    if (this.#timer) clearTimeout(this.#timer)
    if (this.#refill) clearTimeout(this.#refill)
    this.#refill = null
    for (const child of this.#children) child.kill('SIGKILL')
    this.#children.clear()
  }

  #refillLater(): void {
    if (!this.#isWanted) return
    if (this.#refill) clearTimeout(this.#refill)
    this.#refill = setTimeout(() => this.#fill(), REFILL_AFTER_MS)
    this.#refill.unref()
  }

  #fill(): void {
    this.#refill = null
    while (this.#isWanted && this.#children.size < SPARES) {
      const child = startIfPossible()
      if (!child) return
      this.#children.add(child)
      child.once('exit', () => this.#children.delete(child))
      child.once('error', () => this.#children.delete(child))
    }
  }
}

export const spares = new Spares()

/** A spare that cannot be had now is none. */
function startIfPossible(): ChildProcess | null {
  try {
    return start()
  } catch {
    return null
  }
}

/** Throws the error of the system where it has no descriptors or no memory for another process. */
function start(): ChildProcess {
  const child = fork(CHILD, { serialization: 'advanced', stdio: ['pipe', 'pipe', 'ignore', 'ipc'], execArgv: [] })
  if (child.pid !== undefined) return child
  child.on('error', () => undefined) // told by the error thrown here
  throw Object.assign(new Error('No media process can be started: too many files or processes are open.'), {
    code: 'EMFILE',
  })
}
