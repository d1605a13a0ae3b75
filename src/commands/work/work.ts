import { brokerAddress, type Config, defaultWorkers, usableMemoryMb, WORKER_MEMORY_MB } from '../../config.ts'
import { openLog } from '../../log.ts'
import { authorityOf } from '../../song/address.ts'
import { messageOf } from '../../song/errors.ts'
import { refuseLittleAddressSpace } from '../address-space.ts'
import { openShelf } from '../model-folders.ts'
import { sendDeathNotice } from './death-notice.ts'
import { superviseWorkers } from './supervise-workers.ts'

/** `minus-one work`: worker processes for the broker at BROKER_HOST, kept alive until SIGTERM. */
export async function work({ config }: { config: Config }): Promise<void> {
  process.title = 'minus-one work'
  refuseLittleAddressSpace()
  const log = openLog({ format: config.LOG_FORMAT })
  for (const { reason } of (await openShelf(config)).faults) log.warn(reason)
  const healthy = config.WORKERS_HEALTHY ?? defaultWorkers()
  const { host, port } = brokerAddress(config)
  log.info(`Starting ${healthy + config.WORKERS_UNHEALTHY} workers for the broker at ${authorityOf(host, port)}.`)
  const workers = superviseWorkers({
    healthy,
    unhealthy: config.WORKERS_UNHEALTHY,
    environment: workerEnvironment(config, healthy + config.WORKERS_UNHEALTHY),
    onDeath: (worker) => void sendDeathNotice(config, worker),
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

/** A server's own workers reach it as it reaches itself, whatever proxy it fetches models through. */
export function withoutProxy(serverUrl: string | undefined): Record<string, string> {
  if (serverUrl === undefined) return {}
  const others = process.env['no_proxy'] || process.env['NO_PROXY']
  const all = [others, new URL(serverUrl).hostname].filter(Boolean).join(',')
  return { NO_PROXY: all, no_proxy: all }
}

/**
 * The settings a worker process needs, as its environment: flags of its parent reach it that way too. Of several workers
 * the first may take all the memory that the others leave: a large model is held by one, which then uses every core.
 */
export function workerEnvironment(config: Config, workers: number): (place: number) => Record<string, string> {
  const others = (workers - 1) * WORKER_MEMORY_MB
  const largest = Math.max(WORKER_MEMORY_MB, usableMemoryMb() - others)
  const memoryOf = (place: number) => config.WORKER_MEMORY_MB ?? (place === 0 ? largest : WORKER_MEMORY_MB)
  const { host, port, user, vhost, tls } = brokerAddress(config)
  const { outMs, inMs } = config.AUDIO_WORKER_CONN_HEARTBEATS
  return (place) => ({
    BROKER_HOST: host,
    BROKER_PORT: String(port),
    BROKER_USER: user,
    BROKER_PASSWORD: config.BROKER_PASSWORD ?? '', // empty: each finds it whenever it dials
    BROKER_VHOST: vhost,
    BROKER_TLS: tls ? 'on' : 'off',
    AUDIO_WORKER_CONN_HEARTBEATS: `${outMs},${inMs}`,
    WORKER_THREADS: String(config.WORKER_THREADS),
    WORKER_SIMULATE_CRASH_AFTER: String(config.WORKER_SIMULATE_CRASH_AFTER),
    MODEL: config.MODEL,
    MODELS_DIR: config.MODELS_DIR,
    CACHE_DIR: config.CACHE_DIR,
    EXECUTION_PROVIDER: config.EXECUTION_PROVIDER,
    WORKER_MEMORY_MB: String(memoryOf(place)),
    LOG_FORMAT: config.LOG_FORMAT,
    // A certificate that nobody else vouches for is believed by the server's own workers.
    ...(config.TLS_CERT === undefined
      ? {}
      : { NODE_EXTRA_CA_CERTS: process.env['NODE_EXTRA_CA_CERTS'] ?? config.TLS_CERT }),
  })
}
