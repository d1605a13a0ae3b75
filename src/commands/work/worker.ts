import { availableParallelism, getPriority, hostname, setPriority } from 'node:os'
import { StompClient } from '../../broker/client/stomp-client.ts'
import { type Config, WORKER_MEMORY_MB } from '../../config.ts'
import { type Log, openLog } from '../../log.ts'
import type { InstalledModel } from '../../models/installed-models.ts'
import { JobConsumer } from '../../separate/job-consumer.ts'
import { ModelPool } from '../../separate/model-pool.ts'
import { WorkerModels } from '../../separate/worker-models.ts'
import { messageOf } from '../../song/errors.ts'
import { CHANNELS } from '../../song/pcm.ts'
import { graphCache, modelCache, openInstalledModels } from '../model-folders.ts'
import { onParentGone } from '../parent-process.ts'
import { workerBrokerAddress } from '../worker-broker-address.ts'

/** What a worker process reports to the process that started it. */
export type WorkerReport = { kind: 'listening' } | { kind: 'loading' | 'loaded'; modelId: string }

/** The niceness of workers. Separation uses every core, but playback and the server have precedence. */
const NICENESS = 10

/**
 * Runs one worker process. It ends in order on SIGTERM, and when its parent process has ended. An unhealthy worker simulates a
 * crash: it kills itself some seconds after its first job, without announcing it.
 */
export async function runWorker({
  config,
  name,
  isUnhealthy,
  refused,
}: {
  config: Config
  name: string
  isUnhealthy: boolean
  /** Ids of models that killed a worker on this machine; they are not loaded again. */
  refused: readonly string[]
}): Promise<void> {
  process.title = `minus-one work ${name}`
  setPriority(Math.max(getPriority(), NICENESS))
  const log = openLog({ format: config.LOG_FORMAT, fields: { worker: name } })
  const installedModels = await openInstalledModels(config)
  const pool = openPool({ config, name, log })
  const models = new WorkerModels({ installedModels, pool, cacheFolder: modelCache(config), refused })
  const model = installedModels.get(config.MODEL)
  if (model) {
    await warmUp(models, model).catch((error: unknown) => log.error(`Worker[${name}]: ${messageOf(error)}`))
  }
  const crash = isUnhealthy ? crashLater(config.WORKER_SIMULATE_CRASH_AFTER, log) : null
  const consumer = new JobConsumer({
    broker: new StompClient({
      address: workerBrokerAddress(config),
      heartbeats: config.AUDIO_WORKER_CONN_HEARTBEATS,
      log: { info: (message) => log.debug(message), warn: (message) => log.warn(`Worker[${name}]: ${message}`) },
    }),
    worker: name,
    host: hostname(),
    models,
    log,
    onListening: () => report({ kind: 'listening' }),
    onStep: () => crash?.begin(),
  })

  let isStopping = false
  const stop = async (): Promise<void> => {
    if (isStopping) return
    isStopping = true
    crash?.cancel()
    await consumer.close()
    await pool.close()
    process.exit(0)
  }
  process.on('SIGTERM', () => void stop())
  process.on('SIGINT', () => void stop())
  onParentGone(() => void stop())
}

/** The callback ignores the error of a parent that has ended, because `onParentGone` handles that. */
function report(message: WorkerReport): void {
  process.send?.(message, undefined, undefined, () => undefined)
}

function openPool({ config, name, log }: { config: Config; name: string; log: Log }): ModelPool {
  return new ModelPool({
    memoryMb: config.WORKER_MEMORY_MB ?? WORKER_MEMORY_MB,
    threads: config.WORKER_THREADS,
    allThreads: Math.max(config.WORKER_THREADS, availableParallelism()),
    provider: config.EXECUTION_PROVIDER,
    graphsFolder: graphCache(config),
    onLoading: (modelId) => report({ kind: 'loading', modelId }),
    onLoaded(modelId, note) {
      report({ kind: 'loaded', modelId })
      if (note) log.info({ modelId }, `Worker[${name}]: model ${modelId} ${note}.`)
    },
  })
}

/**
 * Loads the default model and separates silence once. So the first job waits neither for the model nor for memory and compiled
 * code, and a broken model shows at once. A large model is loaded with its first job.
 */
async function warmUp(models: WorkerModels, model: InstalledModel): Promise<void> {
  if (!models.usable.includes(model.id)) return
  const separator = await models.load(model)
  if (model.isLarge) return
  const input = new Int16Array(separator.grid.inputSamples * CHANNELS)
  await separator.separate({ input, index: 1, statistics: null })
}

/** Kills this process `seconds` after the first call of `begin`. */
function crashLater(seconds: number, log: Log): { begin(): void; cancel(): void } {
  let timer: NodeJS.Timeout | null = null
  return {
    begin() {
      timer ??= setTimeout(() => {
        log.warn('Simulating workers crash. Killing 1 workers.')
        process.kill(process.pid, 'SIGKILL')
      }, seconds * 1000)
    },
    cancel() {
      if (timer) clearTimeout(timer)
    },
  }
}
