import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { Log } from '../../log.ts'
import type { WorkerReport } from './worker.ts'

const MAIN = fileURLToPath(new URL('../../main.ts', import.meta.url))
const FIRST_DELAY_MS = 1_000
const LONGEST_DELAY_MS = 60_000
/** What a broken model ends a process with; whatever kills from outside is no fault of the model. */
const FATAL_SIGNALS: ReadonlySet<NodeJS.Signals> = new Set(['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE'])
/** The system's out-of-memory killer, V8 and the C++ library end a process so when there is no memory left. */
const OUT_OF_MEMORY: ReadonlySet<string> = new Set(['SIGKILL', 'SIGABRT', 'SIGTRAP', 'exit 133', 'exit 134'])
/** A worker that lived so long and dies is no reason for a longer wait. */
const HEALTHY_LIFE_MS = 60_000
const STOP_TIMEOUT_MS = 15_000

export type Supervised = {
  /** The processes that live now. */
  readonly pids: readonly number[]
  /** Lets every worker finish its job and starts another one in its place. */
  renew(): void
  close(): Promise<void>
}

type Place = {
  name: string
  isUnhealthy: boolean
  child: ChildProcess | null
  /** The model it is loading now, if any. */
  loading: string | null
  delayMs: number
  timer: NodeJS.Timeout | null
}

/**
 * Starts worker processes and starts dead ones again, after 1, 2, 4 … 60 s; not those that simulate crashes. Each place
 * gets a new name with each process: a name means one life.
 * A model that kills a worker as it is loaded is kept from all that are started later.
 * @param environment the settings the workers get; the first one has the memory for large models
 */
export function superviseWorkers({
  healthy,
  unhealthy,
  environment,
  onDeath,
  log,
}: {
  healthy: number
  unhealthy: number
  environment(place: number): Record<string, string>
  /** Of a process that did not say itself that it leaves. */
  onDeath(worker: string): void
  log: Log
}): Supervised {
  const refused = new Set<string>()
  const places: Place[] = Array.from({ length: healthy + unhealthy }, (_, index) => ({
    name: '',
    isUnhealthy: index >= healthy,
    child: null,
    loading: null,
    delayMs: FIRST_DELAY_MS,
    timer: null,
  }))
  let isClosing = false
  let listening = 0

  function start(place: Place): void {
    place.name = randomBytes(4).toString('hex').slice(0, 7)
    place.loading = null
    const flags = place.isUnhealthy ? ['--unhealthy'] : []
    if (refused.size > 0) flags.push('--refused', [...refused].join(','))
    const child = fork(MAIN, ['worker', '--name', place.name, ...flags], {
      env: { ...process.env, ...environment(places.indexOf(place)) },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: process.execArgv,
    })
    const startedAt = performance.now()
    place.child = child
    child.on('message', (report: WorkerReport) => {
      if (report.kind !== 'listening') place.loading = report.kind === 'loading' ? report.modelId : null
      else if (++listening === places.length) log.info(`${listening} workers started listening for jobs.`)
    })
    // Without descriptors or memory no process is started at all, and there is no exit either.
    child.on('error', (error) => {
      if (child.pid !== undefined || place.child !== child) return
      place.child = null
      if (!isClosing) bury(place, { cause: `it could not be started: ${error.message}`, livedMs: 0 })
    })
    child.on('exit', (code, by) => {
      place.child = null
      if (place.loading && by && FATAL_SIGNALS.has(by)) {
        refused.add(place.loading)
        log.error(`Model ${place.loading} killed Worker[${place.name}] (${by}); no worker here loads it again.`)
      }
      if (!isClosing) bury(place, { cause: by ?? `exit ${code}`, livedMs: performance.now() - startedAt })
    })
  }

  function bury(place: Place, { cause, livedMs }: { cause: string; livedMs: number }): void {
    if (cause !== 'exit 0') onDeath(place.name)
    if (place.isUnhealthy) {
      log.warn(`Worker[${place.name}] died (${cause}).`)
      return
    }
    if (livedMs >= HEALTHY_LIFE_MS) place.delayMs = FIRST_DELAY_MS
    const end = cause === 'exit 0' ? 'left' : `died (${cause})`
    const hint = OUT_OF_MEMORY.has(cause) ? ' It was killed, or found no memory.' : ''
    log.warn(`Worker[${place.name}] ${end}; another one starts in ${place.delayMs / 1000} s.${hint}`)
    place.timer = setTimeout(() => start(place), place.delayMs)
    place.delayMs = Math.min(LONGEST_DELAY_MS, 2 * place.delayMs)
  }

  for (const place of places) start(place)
  return {
    get pids() {
      return places.flatMap(({ child }) => child?.pid ?? [])
    },
    renew() {
      for (const { child } of places) child?.kill('SIGTERM')
    },
    async close() {
      isClosing = true
      await Promise.all(places.map(stopPlace))
    },
  }
}

async function stopPlace({ child, timer }: Place): Promise<void> {
  if (timer) clearTimeout(timer)
  if (!child || child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const giveUp = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  child.kill('SIGTERM')
  await ended
  clearTimeout(giveUp)
}
