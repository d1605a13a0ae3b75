import { resolve } from 'node:path'
import { brokerAddress, type Config, defaultWorkers, LOOPBACK } from '../../config.ts'
import { type Log, openLog } from '../../log.ts'
import { authorityOf } from '../../platform/address.ts'
import { TRANSIENT_FAULTS, transientFaultOf } from '../../platform/transient-fault.ts'
import { openListener } from '../../server/address.ts'
import { followCertificate, readCertificate } from '../../server/certificate.ts'
import { type Server, startServer } from '../../server/server.ts'
import { messageOf } from '../../song/errors.ts'
import { inspectAndLockDataFolder } from '../../store/data-folder/data-folder.ts'
import type { FolderLock } from '../../store/data-folder/folder-lock.ts'
import { refuseLittleAddressSpace } from '../address-space.ts'
import { openOwnModels } from '../model-folders.ts'
import { sendDeathNotice } from '../work/death-notice.ts'
import { superviseWorkers, type WorkerSupervisor } from '../work/supervise-workers.ts'
import { withoutProxy, workerEnvironment } from '../work/worker-environment.ts'
import { type Embedded, embedBroker } from './embed-broker.ts'
import { idleSettings } from './idle-settings.ts'
import { refuseUnsafe } from './refuse-settings.ts'

/**
 * `minus-one serve`: starts the server, and unless BROKER_HOST names a broker, an embedded broker and workers. Runs until
 * SIGTERM or SIGINT.
 */
export async function serve({
  config,
  isOpen,
  isClockTrusted,
  version,
}: {
  config: Config
  /** Whether other machines may use the server without an access token. */
  isOpen: boolean
  /** Whether the clock of this machine counts as right, although it seems to have been changed. */
  isClockTrusted: boolean
  version: string
}): Promise<void> {
  process.title = 'minus-one serve'
  refuseUnsafe(config, isOpen)
  refuseLittleAddressSpace()
  const log = openLog({ format: config.LOG_FORMAT })
  handleUncaught(log)
  log.info('Server startup.')
  for (const warning of warningsOf(config)) log.warn(`Server: ${warning}`)
  // The order is: checks that may refuse the start, then the data folder, then the ports. Until then only the lock is written.
  const tls = await readCertificate(config)
  const installedModels = await openOwnModels(config)
  const folders = { root: resolve(config.DATA_DIR) }
  const lock = inspectAndLockDataFolder(folders, `minus-one serve at ${authorityOf(config.HOST, config.PORT)}`)
  const http = await openListener(config, { tls, log })
  const embedded = config.BROKER_HOST === undefined ? await embedBroker(config, log) : null
  const isEmbedded = embedded !== null
  // The server's own workers get every setting of the broker. A password that they looked up could belong to another broker.
  const inForce = embedded?.inForce ?? { ...config, BROKER_PASSWORD: brokerAddress(config).password }
  const server = await startServer({
    config: inForce,
    installedModels,
    folders,
    lock,
    http,
    isEmbedded,
    isClockTrusted,
    log,
    version,
  })
  log.info(`Server: listening at ${server.url}${config.BASE_PATH}`)
  const workers = startWorkers(inForce, { isEmbedded, log })
  followCertificate({
    config,
    log,
    onRenewed(certificate) {
      server.renewCertificate(certificate)
      workers?.renew() // workers trust the certificate that they were started with
    },
  })
  stopOnSignal({ server, workers, embedded, lock, log })
}

function startWorkers(config: Config, { isEmbedded, log }: { isEmbedded: boolean; log: Log }): WorkerSupervisor | null {
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

function warningsOf(config: Config): string[] {
  const warnings = idleSettings(config)
  if (config.ACCESS_TOKEN !== undefined && !config.TLS_CERT && !config.TRUSTED_PROXY && !LOOPBACK.has(config.HOST))
    warnings.push('the access token travels in the clear; set TLS_CERT and TLS_KEY, or put a reverse proxy before it.')
  return warnings
}

/**
 * Keeps the server running after an uncaught transient fault, because the failed operation is tried again. A defect ends the
 * server, so that its supervisor, such as systemd, restarts it.
 */
function handleUncaught(log: Log): void {
  process.on('uncaughtException', (error: unknown) => {
    const fault = transientFaultOf(error)
    if (fault) log.error({ err: error }, `Server: ${TRANSIENT_FAULTS[fault].message}`)
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
  workers: WorkerSupervisor | null
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
