import { Broker } from '../broker/broker.ts'
import type { Config } from '../config.ts'
import { openLog } from '../log.ts'
import { listModels } from '../separate/catalogue.ts'
import { Consumer } from '../separate/consume.ts'
import { Separators } from '../separate/separators.ts'

export type WorkerConfig = Config & { MODELS_DIR: string }

/** What a worker process tells the one that started it. */
export type WorkerReport = { kind: 'listening' }

const LOCAL_BROKER = '127.0.0.1'

/**
 * One worker process. It ends well on SIGTERM, and when the process that started it is gone; an unhealthy one kills
 * itself some seconds after its first job, without a goodbye, as a machine that breaks would.
 */
export async function runWorker({
  config,
  name,
  isUnhealthy,
}: {
  config: WorkerConfig
  name: string
  isUnhealthy: boolean
}): Promise<void> {
  process.title = `minus-one work ${name}`
  const log = openLog({ format: config.LOG_FORMAT, fields: { worker: name } })
  const models = await listModels(config.MODELS_DIR)
  const separators = new Separators({ models, threads: config.WORKER_THREADS })
  await separators.of(config.MODEL) // the first job shall not wait for its model, and a broken one shows at once
  const broker = new Broker({
    address: brokerAddress(config),
    heartbeats: config.AUDIO_WORKER_CONN_HEARTBEATS,
    log: { info: (message) => log.debug(message), warn: (message) => log.warn(`Worker[${name}]: ${message}`) },
  })
  let doom: NodeJS.Timeout | null = null
  const consumer = new Consumer({
    broker,
    worker: name,
    models: models.map((model) => model.name),
    separatorOf: (model) => separators.of(model),
    log,
    onListening: () => process.send?.({ kind: 'listening' } satisfies WorkerReport),
    onStep: () => {
      if (isUnhealthy) doom ??= setTimeout(crash, config.WORKER_SIMULATE_CRASH_AFTER * 1000)
    },
  })

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
  process.on('disconnect', () => void stop())
}

export function brokerAddress(config: Config) {
  return {
    host: config.BROKER_HOST ?? LOCAL_BROKER,
    port: config.BROKER_PORT,
    user: config.BROKER_USER,
    password: config.BROKER_PASSWORD,
    vhost: config.BROKER_VHOST,
    tls: config.BROKER_TLS,
  }
}
