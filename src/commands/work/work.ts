import { brokerAddress, type Config, defaultWorkers } from '../../config.ts'
import { openLog } from '../../log.ts'
import { authorityOf } from '../../platform/address.ts'
import { messageOf } from '../../song/errors.ts'
import { refuseLittleAddressSpace } from '../address-space.ts'
import { openInstalledModels } from '../model-folders.ts'
import { sendDeathNotice } from './death-notice.ts'
import { superviseWorkers } from './supervise-workers.ts'
import { workerEnvironment } from './worker-environment.ts'

/** `minus-one work`: runs worker processes for the broker at BROKER_HOST until SIGTERM or SIGINT. */
export async function work({ config }: { config: Config }): Promise<void> {
  process.title = 'minus-one work'
  refuseLittleAddressSpace()
  const log = openLog({ format: config.LOG_FORMAT })
  for (const { reason } of (await openInstalledModels(config)).faults) log.warn(reason)
  const healthy = config.WORKERS_HEALTHY ?? defaultWorkers()
  const count = healthy + config.WORKERS_UNHEALTHY
  const { host, port } = brokerAddress(config)
  log.info(`Starting ${count} workers for the broker at ${authorityOf(host, port)}.`)
  const workers = superviseWorkers({
    healthy,
    unhealthy: config.WORKERS_UNHEALTHY,
    environment: workerEnvironment(config, count),
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
