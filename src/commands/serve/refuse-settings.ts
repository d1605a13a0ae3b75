import { isIPv6 } from 'node:net'
import { type Config, LOOPBACK, SETTINGS } from '../../config.ts'
import { isOwnPath } from '../../listen/base-path.ts'
import { authorityOf } from '../../platform/address.ts'
import { UserError } from '../../song/errors.ts'

/**
 * The shortest token or password that other machines may try to guess. Sixteen random characters cannot be guessed in a
 * lifetime, even from many addresses.
 */
const MIN_SECRET_CHARACTERS = 16

/** Throws a UserError for settings that would give strangers access, or with which the server could not work. */
export function refuseUnsafe(config: Config, isOpen: boolean): void {
  refuseOpenServer(config, isOpen)
  refuseHalfTls(config)
  refuseContradictions(config)
  refuseGuessableBroker(config)
  refuseUnreachableServer(config)
}

function refuseOpenServer({ HOST, ACCESS_TOKEN, TRUSTED_PROXY }: Config, isOpen: boolean): void {
  const isLocal = LOOPBACK.has(HOST)
  if (!isLocal && !isOpen && ACCESS_TOKEN === undefined) {
    throw configError(
      `HOST=${HOST} would let everybody on the network in. Set ACCESS_TOKEN, or put --open if that is meant, or leave HOST on 127.0.0.1.`,
    )
  }
  const isReachable = !isLocal || TRUSTED_PROXY !== undefined
  if (isReachable && ACCESS_TOKEN !== undefined && ACCESS_TOKEN.length < MIN_SECRET_CHARACTERS) {
    throw configError(
      `ACCESS_TOKEN: beyond this machine it takes at least ${MIN_SECRET_CHARACTERS} characters. Make one with: openssl rand -base64 18`,
    )
  }
}

function refuseHalfTls({ TLS_CERT, TLS_KEY, SERVER_URL }: Config): void {
  if ((TLS_CERT === undefined) !== (TLS_KEY === undefined))
    throw configError('TLS_CERT and TLS_KEY go together: set both, or neither.')
  if (TLS_CERT !== undefined && !SERVER_URL?.startsWith('https:')) {
    throw configError(
      'TLS_CERT needs SERVER_URL: the https URL by which the certificate knows this server, as in https://studio.lan:8000.',
    )
  }
}

/** Throws for settings with which links or workers would lead to an address that does not reach the server. */
function refuseContradictions({ SERVER_URL, BASE_PATH, HOST, BROKER_HOST = '' }: Config): void {
  if (isOwnPath(BASE_PATH))
    throw configError(`BASE_PATH: ${BASE_PATH} is a path of the server itself. Choose another one, as /karaoke.`)
  if (SERVER_URL === undefined) {
    if (HOST !== '0.0.0.0' || !isIPv6(BROKER_HOST) || LOOPBACK.has(BROKER_HOST)) return
    throw configError(
      `HOST=0.0.0.0 takes no IPv6, by which workers would look for this server, as it reaches the broker at ${BROKER_HOST} by it. Set HOST=:: or SERVER_URL.`,
    )
  }
  const path = new URL(SERVER_URL).pathname.replace(/\/+$/, '')
  if (path === '' || path === BASE_PATH) return
  const way = SETTINGS.BASE_PATH.schema.safeParse(path).success
    ? `Set BASE_PATH=${path}.`
    : 'Give both another path, of letters, digits and - . _ ~.'
  throw configError(
    `SERVER_URL has the path ${path}, BASE_PATH ${BASE_PATH === '' ? 'is not set' : `is ${BASE_PATH}`}: links and the login would lead beside it. ${way}`,
  )
}

/** Throws if an embedded broker listens beyond this machine with a password that can be guessed. */
function refuseGuessableBroker({ BROKER_HOST, BROKER_LISTEN, BROKER_PASSWORD = '' }: Config): void {
  if (BROKER_HOST !== undefined || !BROKER_LISTEN || LOOPBACK.has(BROKER_LISTEN.host)) return
  if (BROKER_PASSWORD.length >= MIN_SECRET_CHARACTERS) return
  throw configError(
    `BROKER_LISTEN=${authorityOf(BROKER_LISTEN.host, BROKER_LISTEN.port)} is open to other machines: it needs a BROKER_PASSWORD of at least ${MIN_SECRET_CHARACTERS} characters, for the server and every worker. 'openssl rand -base64 18' makes one.`,
  )
}

/** Throws if workers can reach the broker from other machines but cannot reach the server. */
function refuseUnreachableServer({ HOST, BROKER_HOST, BROKER_LISTEN }: Config): void {
  const brokerHost = BROKER_HOST ?? BROKER_LISTEN?.host
  if (!LOOPBACK.has(HOST) || brokerHost === undefined || LOOPBACK.has(brokerHost)) return
  throw configError(
    `Workers on other machines could not reach a server that listens on ${HOST}. Set HOST (0.0.0.0, with ACCESS_TOKEN or --open) and, if they reach it by another name, SERVER_URL.`,
  )
}

function configError(message: string): UserError {
  return new UserError(message, { code: 'config' })
}
