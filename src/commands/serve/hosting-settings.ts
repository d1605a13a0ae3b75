import { isIPv6 } from 'node:net'
import { type Config, LOOPBACK, SETTINGS, STOMP_PORT } from '../../config.ts'
import { isOwnPath } from '../../listen/base-path.ts'
import { UserError } from '../../song/errors.ts'

/** Throws a UserError where people or workers would be led to where the server is not. */
export function refuseContradictions({ SERVER_URL, BASE_PATH, HOST, BROKER_HOST = '' }: Config): void {
  if (isOwnPath(BASE_PATH)) {
    throw new UserError(`BASE_PATH: ${BASE_PATH} is a path of the server itself. Choose another one, as /karaoke.`, {
      code: 'config',
    })
  }
  if (SERVER_URL === undefined) {
    if (HOST !== '0.0.0.0' || !isIPv6(BROKER_HOST) || LOOPBACK.has(BROKER_HOST)) return
    throw new UserError(
      `HOST=0.0.0.0 takes no IPv6, by which workers would look for this server, as it reaches the broker at ${BROKER_HOST} by it. Set HOST=:: or SERVER_URL.`,
      { code: 'config' },
    )
  }
  const path = new URL(SERVER_URL).pathname.replace(/\/+$/, '')
  if (path === '' || path === BASE_PATH) return
  const way = SETTINGS.BASE_PATH.schema.safeParse(path).success
    ? `Set BASE_PATH=${path}.`
    : 'Give both another path, of letters, digits and - . _ ~.'
  throw new UserError(
    `SERVER_URL has the path ${path}, BASE_PATH ${BASE_PATH === '' ? 'is not set' : `is ${BASE_PATH}`}: links and the login would lead beside it. ${way}`,
    { code: 'config' },
  )
}

/** What was set of the broker and does nothing, in words, with what would do it. */
export function idleSettings(config: Config): string[] {
  if (config.BROKER_HOST !== undefined) {
    return config.BROKER_LISTEN === undefined
      ? []
      : ['BROKER_LISTEN does nothing where BROKER_HOST names a broker: no broker is embedded.']
  }
  const words: string[] = []
  const { BROKER_PORT, BROKER_VHOST, BROKER_TLS } = config
  if (BROKER_PORT !== STOMP_PORT) {
    words.push(
      `BROKER_PORT=${BROKER_PORT} does nothing without BROKER_HOST: set BROKER_LISTEN=127.0.0.1:${BROKER_PORT} for the embedded broker, or BROKER_HOST for another one.`,
    )
  }
  if (BROKER_TLS) words.push('BROKER_TLS does nothing without BROKER_HOST: the embedded broker speaks no TLS.')
  if (BROKER_VHOST !== SETTINGS.BROKER_VHOST.schema.parse(undefined)) {
    words.push(
      `BROKER_VHOST=${BROKER_VHOST} does nothing without BROKER_HOST: the embedded broker has no virtual hosts.`,
    )
  }
  return words
}
