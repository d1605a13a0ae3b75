import { resolve } from 'node:path'
import { type EmbeddedBroker, startEmbeddedBroker } from '../broker/embedded.ts'
import { type Config, defaultWorkers } from '../config.ts'
import { type Log, openLog } from '../log.ts'
import { followCertificate } from '../server/certificate.ts'
import { type Server, startServer } from '../server/server.ts'
import { UserError } from '../song/errors.ts'
import { openOwnShelf } from './model-folders.ts'
import { tellDeath } from './obituary.ts'
import { type Supervised, superviseWorkers } from './supervise.ts'
import { workerEnvironment } from './work.ts'

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1'])
const DEFAULT_LISTEN = { host: '127.0.0.1', port: 61_613 }

/**
 * `minus-one serve`: the server, and unless BROKER_HOST names a broker, an embedded one with workers beside it. Runs
 * until SIGTERM or SIGINT.
 */
export async function serve({
  config,
  isOpen,
  version,
}: {
  config: Config
  isOpen: boolean
  version: string
}): Promise<void> {
  process.title = 'minus-one serve'
  refuseUnsafe(config, isOpen)
  const log = openLog({ format: config.LOG_FORMAT })
  log.info('Server startup.')
  const embedded = config.BROKER_HOST === undefined ? await embedBroker(config, log) : null
  const inForce: Config = embedded
    ? { ...config, BROKER_HOST: localHost(embedded.host), BROKER_PORT: embedded.port, BROKER_TLS: false }
    : config
  if (config.ACCESS_TOKEN !== undefined && !config.TLS_CERT && !config.TRUSTED_PROXY && !LOOPBACK.has(config.HOST))
    log.warn(
      'Server: the access token travels in the clear; set TLS_CERT and TLS_KEY, or put a reverse proxy before it.',
    )
  const server = await startServer({
    config: inForce,
    shelf: await openOwnShelf(inForce),
    dataFolder: resolve(config.DATA_DIR),
    isEmbedded: embedded !== null,
    log,
    version,
  })
  log.info(`Server: listening at ${server.url}`)
  const workers = startWorkers(inForce, { isEmbedded: embedded !== null, log })
  followCertificate({
    config,
    log,
    onRenewed(certificate) {
      server.renewCertificate(certificate)
      workers?.renew() // they believe the one that they were started with
    },
  })
  stopOnSignal({ server, workers, embedded, log })
}

function startWorkers(config: Config, { isEmbedded, log }: { isEmbedded: boolean; log: Log }): Supervised | null {
  const healthy = config.WORKERS_HEALTHY ?? (isEmbedded ? defaultWorkers() : 0)
  const unhealthy = config.WORKERS_UNHEALTHY
  if (healthy + unhealthy === 0) return null
  return superviseWorkers({
    healthy,
    unhealthy,
    environment: workerEnvironment(config, healthy + unhealthy),
    onDeath: (worker) => void tellDeath(config, worker),
    log,
  })
}

/** A taken port at the default address means that another one is running: then any free port does. */
async function embedBroker(config: Config, log: Log): Promise<EmbeddedBroker> {
  const { host, port } = config.BROKER_LISTEN ?? DEFAULT_LISTEN
  const options = { host, user: config.BROKER_USER, password: config.BROKER_PASSWORD }
  try {
    return await startEmbeddedBroker({ ...options, port })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause
    if (config.BROKER_LISTEN) {
      throw new UserError(`BROKER_LISTEN: ${host}:${port} is taken. Choose another port.`, { code: 'config', cause })
    }
    const broker = await startEmbeddedBroker({ ...options, port: 0 })
    log.info(`Server: port ${port} is taken, the embedded broker listens on ${broker.port}.`)
    return broker
  }
}

/** Says no to what would be open to strangers, or could not work, before anything is started. */
function refuseUnsafe(config: Config, isOpen: boolean): void {
  const isLocalServer = LOOPBACK.has(config.HOST)
  if (!isLocalServer && !isOpen && config.ACCESS_TOKEN === undefined) {
    throw new UserError(
      `HOST=${config.HOST} would let everybody on the network in. Set ACCESS_TOKEN, or put --open if that is meant, or leave HOST on 127.0.0.1.`,
      { code: 'config' },
    )
  }
  if ((config.TLS_CERT === undefined) !== (config.TLS_KEY === undefined)) {
    throw new UserError('TLS_CERT and TLS_KEY go together: set both, or neither.', { code: 'config' })
  }
  if (config.TLS_CERT !== undefined && !config.SERVER_URL?.startsWith('https:')) {
    throw new UserError(
      'TLS_CERT needs SERVER_URL: the https URL by which the certificate knows this server, as in https://studio.lan:8000.',
      { code: 'config' },
    )
  }
  const listen = config.BROKER_HOST === undefined ? config.BROKER_LISTEN : undefined
  if (listen && !LOOPBACK.has(listen.host) && config.BROKER_PASSWORD === 'admin') {
    throw new UserError('BROKER_LISTEN beyond this machine needs a BROKER_PASSWORD of your own.', { code: 'config' })
  }
  const isRemoteBroker =
    (config.BROKER_HOST !== undefined && !LOOPBACK.has(config.BROKER_HOST)) || (listen && !LOOPBACK.has(listen.host))
  if (isRemoteBroker && isLocalServer) {
    throw new UserError(
      `Workers on other machines could not reach a server that listens on ${config.HOST}. Set HOST (0.0.0.0, with ACCESS_TOKEN or --open) and, if they reach it by another name, SERVER_URL.`,
      { code: 'config' },
    )
  }
}

function localHost(host: string): string {
  return host === '0.0.0.0' ? '127.0.0.1' : host
}

function stopOnSignal({
  server,
  workers,
  embedded,
  log,
}: {
  server: Server
  workers: Supervised | null
  embedded: EmbeddedBroker | null
  log: Log
}): void {
  let isStopping = false
  const stop = async (): Promise<void> => {
    if (isStopping) return
    isStopping = true
    log.info('Server shutdown.')
    await workers?.close()
    await server.close()
    await embedded?.close()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      stop().catch((error: unknown) => {
        log.error({ err: error }, 'Server: the shutdown failed.')
        process.exit(1)
      })
    })
  }
}
