import { type EmbeddedBroker, startEmbeddedBroker } from '../broker/embedded.ts'
import { type Config, LOOPBACK, STOMP_PORT } from '../config.ts'
import type { Log } from '../log.ts'
import { authorityOf } from '../song/address.ts'
import { messageOf, UserError } from '../song/errors.ts'
import { listenFault } from '../song/listen-fault.ts'
import { forgetPassword, keepPassword, newPassword } from './broker-password.ts'

const DEFAULT_LISTEN = { host: '127.0.0.1', port: STOMP_PORT }
/** An address at which one reaches what listens at every address, of each version of IP. */
const WITHIN: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }
/** Beyond this machine anybody may guess, from many addresses: as long as an access token. */
const LEAST_PASSWORD = 16

/** The broker in this process, and the settings by which its own programs reach it. */
export type Embedded = { broker: EmbeddedBroker; inForce: Config; close(): Promise<void> }

/**
 * Starts the broker of a server that has no other. The server and its own workers log in with a random password, so that
 * guesses of others do not keep them out. Where nobody chose a password, it is in a file for this user's other workers here.
 */
export async function embedBroker(config: Config, log: Log): Promise<Embedded> {
  const ownPassword = newPassword()
  const broker = await listen(config, { ownPassword, log })
  const { host, port } = broker
  const isKept = config.BROKER_PASSWORD === undefined
  if (isKept) keepOrWarn({ port, password: ownPassword, log })
  return {
    broker,
    inForce: {
      ...config,
      BROKER_HOST: WITHIN[host] ?? host,
      BROKER_PORT: port,
      BROKER_PASSWORD: ownPassword,
      BROKER_TLS: false,
    },
    async close() {
      if (isKept) forgetPassword(port)
      await broker.close()
    },
  }
}

/** Throws a UserError where strangers could guess the password of a broker that listens beyond this machine. */
export function refuseGuessable({ BROKER_HOST, BROKER_LISTEN, BROKER_PASSWORD = '' }: Config): void {
  if (BROKER_HOST !== undefined || !BROKER_LISTEN || LOOPBACK.has(BROKER_LISTEN.host)) return
  if (BROKER_PASSWORD.length >= LEAST_PASSWORD) return
  throw new UserError(
    `BROKER_LISTEN=${authorityOf(BROKER_LISTEN.host, BROKER_LISTEN.port)} is open to other machines: it needs a BROKER_PASSWORD of at least ${LEAST_PASSWORD} characters, for the server and every worker. 'openssl rand -base64 18' makes one.`,
    { code: 'config' },
  )
}

/** A taken port at the default address means that another one is running: then any free port does. */
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

/** The server's own workers have it from the server: without the file only others are missing. */
function keepOrWarn({ port, password, log }: { port: number; password: string; log: Log }): void {
  try {
    keepPassword({ port, password })
  } catch (error) {
    log.warn(`Server: ${messageOf(error)}`)
  }
}
