import { resolve } from 'node:path'
import { brokerAddress, type Config, defaultWorkers, LOOPBACK } from '../config.ts'
import { type Log, openLog } from '../log.ts'
import { openListener } from '../server/address.ts'
import { followCertificate, readCertificate } from '../server/certificate.ts'
import { type Server, startServer } from '../server/server.ts'
import { authorityOf } from '../song/address.ts'
import { messageOf, UserError } from '../song/errors.ts'
import { PASSING_FAULTS, passingFaultOf } from '../song/passing-fault.ts'
import { inspectAndLockDataFolder } from '../store/data-folder.ts'
import type { FolderLock } from '../store/folder-lock.ts'
import { refuseLittleAddressSpace } from './address-space.ts'
import { sendDeathNotice } from './death-notice.ts'
import { type Embedded, embedBroker, refuseGuessable } from './embed-broker.ts'
import { idleSettings, refuseContradictions } from './hosting-settings.ts'
import { openOwnShelf } from './model-folders.ts'
import { type Supervised, superviseWorkers } from './supervise.ts'
import { withoutProxy, workerEnvironment } from './work.ts'

/** Of a token that strangers can try: with 16 random characters they find it in no lifetime, from however many addresses. */
const LEAST_TOKEN_BEYOND = 16

/**
 * `minus-one serve`: the server, and unless BROKER_HOST names a broker, an embedded one with workers beside it. Runs
 * until SIGTERM or SIGINT.
 */
export async function serve({
  config,
  isOpen,
  isClockTrusted,
  version,
}: {
  config: Config
  isOpen: boolean
  /** Somebody says that this machine's clock is right, though it seems to have been set. */
  isClockTrusted: boolean
  version: string
}): Promise<void> {
  process.title = 'minus-one serve'
  refuseUnsafe(config, isOpen)
  refuseLittleAddressSpace()
  const log = openLog({ format: config.LOG_FORMAT })
  surviveTrouble(log)
  log.info('Server startup.')
  for (const words of idleSettings(config)) log.warn(`Server: ${words}`)
  // First all that can be refused, then the folder, then the ports: until then nothing is written but the lock.
  const tls = await readCertificate(config)
  const shelf = await openOwnShelf(config)
  const folders = { root: resolve(config.DATA_DIR) }
  const lock = inspectAndLockDataFolder(folders, `minus-one serve at ${authorityOf(config.HOST, config.PORT)}`)
  const http = await openListener(config, { tls, log })
  const embedded = config.BROKER_HOST === undefined ? await embedBroker(config, log) : null
  // Its own workers are told every word of it: what they would find out by themselves may be another broker's.
  const inForce = embedded?.inForce ?? { ...config, BROKER_PASSWORD: brokerAddress(config).password }
  if (config.ACCESS_TOKEN !== undefined && !config.TLS_CERT && !config.TRUSTED_PROXY && !LOOPBACK.has(config.HOST))
    log.warn(
      'Server: the access token travels in the clear; set TLS_CERT and TLS_KEY, or put a reverse proxy before it.',
    )
  const server = await startServer({
    config: inForce,
    shelf,
    folders,
    lock,
    http,
    isEmbedded: embedded !== null,
    isClockTrusted,
    log,
    version,
  })
  log.info(`Server: listening at ${server.url}${config.BASE_PATH}`)
  const workers = startWorkers(inForce, { isEmbedded: embedded !== null, log })
  followCertificate({
    config,
    log,
    onRenewed(certificate) {
      server.renewCertificate(certificate)
      workers?.renew() // they believe the one that they were started with
    },
  })
  stopOnSignal({ server, workers, embedded, lock, log })
}

function startWorkers(config: Config, { isEmbedded, log }: { isEmbedded: boolean; log: Log }): Supervised | null {
  const healthy = config.WORKERS_HEALTHY ?? (isEmbedded ? defaultWorkers() : 0)
  const unhealthy = config.WORKERS_UNHEALTHY
  if (healthy + unhealthy === 0) return null
  const environmentOf = workerEnvironment(config, healthy + unhealthy)
  return superviseWorkers({
    healthy,
    unhealthy,
    environment: (place) => ({ ...environmentOf(place), ...withoutProxy(config.SERVER_URL) }),
    onDeath: (worker) => void sendDeathNotice(config, worker),
    log,
  })
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
  const isBehindProxy = config.TRUSTED_PROXY !== undefined
  if ((!isLocalServer || isBehindProxy) && (config.ACCESS_TOKEN?.length ?? LEAST_TOKEN_BEYOND) < LEAST_TOKEN_BEYOND) {
    throw new UserError(
      `ACCESS_TOKEN: beyond this machine it takes at least ${LEAST_TOKEN_BEYOND} characters. Make one with: openssl rand -base64 18`,
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
  refuseContradictions(config)
  refuseGuessable(config)
  const listen = config.BROKER_HOST === undefined ? config.BROKER_LISTEN : undefined
  const isRemoteBroker =
    (config.BROKER_HOST !== undefined && !LOOPBACK.has(config.BROKER_HOST)) || (listen && !LOOPBACK.has(listen.host))
  if (isRemoteBroker && isLocalServer) {
    throw new UserError(
      `Workers on other machines could not reach a server that listens on ${config.HOST}. Set HOST (0.0.0.0, with ACCESS_TOKEN or --open) and, if they reach it by another name, SERVER_URL.`,
      { code: 'config' },
    )
  }
}

/**
 * The last net: a passing fault that nobody caught, where nobody could be told, ends nothing; whatever it was about is tried
 * again. A defect ends the server, so that whoever watches over it starts it anew.
 */
function surviveTrouble(log: Log): void {
  process.on('uncaughtException', (error: unknown) => {
    const fault = passingFaultOf(error)
    if (fault) log.error({ err: error }, `Server: ${PASSING_FAULTS[fault].message}`)
    else {
      log.fatal({ err: error }, `Server: a defect ends it: ${messageOf(error)}`)
      process.exit(1)
    }
  })
}

function stopOnSignal({
  server,
  workers,
  embedded,
  lock,
  log,
}: {
  server: Server
  workers: Supervised | null
  embedded: Embedded | null
  lock: FolderLock
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
    lock.release()
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
