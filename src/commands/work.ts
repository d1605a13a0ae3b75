import { defaultWorkers } from '../config.ts'
import { openLog } from '../log.ts'
import { listModels } from '../separate/catalogue.ts'
import { messageOf } from '../song/errors.ts'
import { superviseWorkers } from './supervise.ts'
import { brokerAddress, type WorkerConfig } from './worker.ts'

/** `minus-one work`: worker processes for the broker at BROKER_HOST, kept alive until SIGTERM. */
export async function work({ config }: { config: WorkerConfig }): Promise<void> {
  process.title = 'minus-one work'
  const log = openLog({ format: config.LOG_FORMAT })
  await listModels(config.MODELS_DIR) // a broken models folder is told once, not by every worker
  const healthy = config.WORKERS_HEALTHY ?? defaultWorkers()
  const { host, port } = brokerAddress(config)
  log.info(`Starting ${healthy + config.WORKERS_UNHEALTHY} workers for the broker at ${host}:${port}.`)
  const workers = superviseWorkers({
    healthy,
    unhealthy: config.WORKERS_UNHEALTHY,
    environment: workerEnvironment(config),
    log,
  })
  let isStopping = false
  const stop = (): void => {
    if (isStopping) return
    isStopping = true
    log.info('Workers shutdown.')
    workers.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error(messageOf(error))
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

/** The settings a worker process needs, as its environment: flags of its parent reach it that way too. */
export function workerEnvironment(config: WorkerConfig): Record<string, string> {
  const { host, port, user, password, vhost, tls } = brokerAddress(config)
  const { outMs, inMs } = config.AUDIO_WORKER_CONN_HEARTBEATS
  return {
    BROKER_HOST: host,
    BROKER_PORT: String(port),
    BROKER_USER: user,
    BROKER_PASSWORD: password,
    BROKER_VHOST: vhost,
    BROKER_TLS: tls ? 'on' : 'off',
    AUDIO_WORKER_CONN_HEARTBEATS: `${outMs},${inMs}`,
    WORKER_THREADS: String(config.WORKER_THREADS),
    WORKER_SIMULATE_CRASH_AFTER: String(config.WORKER_SIMULATE_CRASH_AFTER),
    MODEL: config.MODEL,
    MODELS_DIR: config.MODELS_DIR,
    LOG_FORMAT: config.LOG_FORMAT,
  }
}
