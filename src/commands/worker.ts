import { availableParallelism, getPriority, hostname, setPriority } from 'node:os'
import { CHANNELS } from '../audio/pcm.ts'
import { StompClient } from '../broker/stomp-client.ts'
import { type Config, WORKER_MEMORY_MB } from '../config.ts'
import { openLog } from '../log.ts'
import { Consumer } from '../separate/consume.ts'
import { Models } from '../separate/models.ts'
import { Separators } from '../separate/separators.ts'
import { messageOf } from '../song/errors.ts'
import { graphCache, modelCache, openShelf } from './model-folders.ts'
import { onParentGone } from './parent.ts'
import { workersBroker } from './workers-broker.ts'

/** What a worker process tells the one that started it. */
export type WorkerReport = { kind: 'listening' } | { kind: 'loading' | 'loaded'; modelId: string }

/** Separation takes all cores there are; whoever listens, and the server that serves them, go first. */
const BEHIND_PEOPLE = 10

/**
 * One worker process. It ends well on SIGTERM, and when the process that started it is gone; an unhealthy one kills
 * itself some seconds after its first job, without a goodbye, as a machine that breaks would.
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
  /** Models that killed a worker on this machine: they are not touched again. */
  refused: readonly string[]
}): Promise<void> {
  process.title = `minus-one work ${name}`
  setPriority(Math.max(getPriority(), BEHIND_PEOPLE))
  const log = openLog({ format: config.LOG_FORMAT, fields: { worker: name } })
  // Nobody hears it any more where whoever started this process is gone; `onParentGone` sees to that.
  const report = (message: WorkerReport) => void process.send?.(message, undefined, undefined, () => undefined)
  const shelf = await openShelf(config)
  const separators = new Separators({
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
  const models = new Models({ shelf, separators, cacheFolder: modelCache(config), refused })
  await warmUp()
  const broker = new StompClient({
    address: workersBroker(config),
    heartbeats: config.AUDIO_WORKER_CONN_HEARTBEATS,
    log: { info: (message) => log.debug(message), warn: (message) => log.warn(`Worker[${name}]: ${message}`) },
  })
  let doom: NodeJS.Timeout | null = null
  const consumer = new Consumer({
    broker,
    worker: name,
    host: hostname(),
    models,
    log,
    onListening: () => report({ kind: 'listening' }),
    onStep: () => {
      if (isUnhealthy) doom ??= setTimeout(crash, config.WORKER_SIMULATE_CRASH_AFTER * 1000)
    },
  })

  /**
   * The first job shall not wait for its model, nor for its memory and its code to be made ready; a broken one shows at once.
   * A large model is loaded with its first job.
   */
  async function warmUp(): Promise<void> {
    const model = shelf.get(config.MODEL)
    if (!model || !models.usable.includes(model.id)) return
    try {
      const separator = await models.load(model)
      if (model.isLarge) return
      const silence = new Int16Array(separator.grid.inputSamples * CHANNELS)
      await separator.separate({ input: silence, index: 1, level: null })
    } catch (error) {
      log.error(`Worker[${name}]: ${messageOf(error)}`)
    }
  }

  function crash(): void {
    log.warn('Simulating workers crash. Killing 1 workers.')
    process.kill(process.pid, 'SIGKILL')
  }

  let isStopping = false
  const stop = async (): Promise<void> => {
    if (isStopping) return
    isStopping = true
    if (doom) clearTimeout(doom)
    await consumer.close()
    await separators.close()
    process.exit(0)
  }
  process.on('SIGTERM', () => void stop())
  process.on('SIGINT', () => void stop())
  onParentGone(() => void stop())
}
