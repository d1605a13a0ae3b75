import {
  BOTH_MODELS_MEMORY_MB,
  brokerAddress,
  type Config,
  LARGEST_MODEL_MEMORY_MB,
  usableMemoryMb,
  WORKER_MEMORY_MB,
} from '../../config.ts'

/**
 * The settings of each worker process, as environment variables. They include the parent's flags. The first worker gets the
 * memory that the other workers leave. One large model fits into it, and then uses every core. The other workers hold both bundled
 * models if enough is left for that.
 */
export function workerEnvironment(
  config: Config,
  workers: number,
  usableMb = usableMemoryMb(),
): (place: number) => Record<string, string> {
  const leftBeside = (each: number) => usableMb - (workers - 1) * each
  const isRoomy = leftBeside(BOTH_MODELS_MEMORY_MB) >= LARGEST_MODEL_MEMORY_MB
  const each = isRoomy ? BOTH_MODELS_MEMORY_MB : WORKER_MEMORY_MB
  const largest = Math.max(WORKER_MEMORY_MB, leftBeside(each))
  const memoryOf = (place: number) => config.WORKER_MEMORY_MB ?? (place === 0 ? largest : each)
  const { host, port, user, vhost, tls } = brokerAddress(config)
  const { outMs, inMs } = config.AUDIO_WORKER_CONN_HEARTBEATS
  return (place) => ({
    BROKER_HOST: host,
    BROKER_PORT: String(port),
    BROKER_USER: user,
    BROKER_PASSWORD: config.BROKER_PASSWORD ?? '', // empty: the worker looks it up for each connection
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
    // The server's own workers trust a certificate that no authority has signed.
    ...(config.TLS_CERT === undefined
      ? {}
      : { NODE_EXTRA_CA_CERTS: process.env['NODE_EXTRA_CA_CERTS'] ?? config.TLS_CERT }),
  })
}

/** Variables that let a server's own workers reach it without the proxy. Workers use that proxy only to fetch models. */
export function withoutProxy(serverUrl: string | undefined): Record<string, string> {
  if (serverUrl === undefined) return {}
  const others = process.env['no_proxy'] || process.env['NO_PROXY']
  const all = [others, new URL(serverUrl).hostname].filter(Boolean).join(',')
  return { NO_PROXY: all, no_proxy: all }
}
