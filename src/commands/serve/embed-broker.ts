import { type EmbeddedBroker, startEmbeddedBroker } from '../../broker/embedded/embedded-broker.ts'
import { type Config, STOMP_PORT } from '../../config.ts'
import type { Log } from '../../log.ts'
import { listenFault } from '../../platform/listen-fault.ts'
import { messageOf } from '../../song/errors.ts'
import { newPassword, removePasswordFile, writePasswordFile } from '../broker-password.ts'

const DEFAULT_LISTEN = { host: '127.0.0.1', port: STOMP_PORT }
/** For each version of IP: the local address of a socket that listens at every address. */
const LOCAL_ADDRESS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }
/** The broker in this process, and the settings with which the server and its workers reach it. */
export type Embedded = { broker: EmbeddedBroker; inForce: Config; close(): Promise<void> }

/**
 * Starts the embedded broker. The server and its own workers log in with a random password, so limits on guessing never affect
 * them. If BROKER_PASSWORD is not set, the random password is also written to a file for other workers of this user on this
 * machine.
 */
export async function embedBroker(config: Config, log: Log): Promise<Embedded> {
  const ownPassword = newPassword()
  const broker = await listen(config, { ownPassword, log })
  const { host, port } = broker
  const isInFile = config.BROKER_PASSWORD === undefined
  if (isInFile) writeOrWarn({ port, password: ownPassword, log })
  return {
    broker,
    inForce: {
      ...config,
      BROKER_HOST: LOCAL_ADDRESS[host] ?? host,
      BROKER_PORT: port,
      BROKER_PASSWORD: ownPassword,
      BROKER_TLS: false,
    },
    async close() {
      if (isInFile) removePasswordFile(port)
      await broker.close()
    },
  }
}

/** Listens at BROKER_LISTEN, or at the default port, or at any free port when another program has the default one. */
async function listen(
  { BROKER_LISTEN, BROKER_USER, BROKER_PASSWORD }: Config,
  { ownPassword, log }: { ownPassword: string; log: Log },
): Promise<EmbeddedBroker> {
  const { host, port } = BROKER_LISTEN ?? DEFAULT_LISTEN
  const options = {
    host,
    user: BROKER_USER,
    password: BROKER_PASSWORD,
    ownPassword,
    warn: (message: string) => log.warn(message),
  }
  try {
    return await startEmbeddedBroker({ ...options, port })
  } catch (cause) {
    if (BROKER_LISTEN || (cause as NodeJS.ErrnoException).code !== 'EADDRINUSE')
      throw listenFault(cause, { host, port, addressSetting: 'BROKER_LISTEN', portSetting: 'BROKER_LISTEN' })
    const broker = await startEmbeddedBroker({ ...options, port: 0 })
    log.info(`Server: port ${port} is taken, the embedded broker listens on ${broker.port}.`)
    return broker
  }
}

/** A warning is enough: the server's own workers get the password from the server, and only others need the file. */
function writeOrWarn({ port, password, log }: { port: number; password: string; log: Log }): void {
  try {
    writePasswordFile({ port, password })
  } catch (error) {
    log.warn(`Server: ${messageOf(error)}`)
  }
}
