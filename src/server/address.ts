import { readdirSync } from 'node:fs'
import type { StompClient } from '../broker/client/stomp-client.ts'
import type { Config } from '../config.ts'
import { HttpListener } from '../listen/http-listener.ts'
import type { Log } from '../log.ts'
import { authorityOf } from '../platform/address.ts'
import { listenFault } from '../platform/listen-fault.ts'
import type { Certificate } from './certificate.ts'
import { softLimit } from './process-limits.ts'

/** Descriptors reserved for songs, the ledger, the broker and media processes. */
const OWN_DESCRIPTORS = 24
/** The socket, and the file that is sent over it. */
const PER_CONNECTION = 2
const MIN_CONNECTIONS = 8
/** A limit below this is too low for more than a few visitors. */
const FEW_DESCRIPTORS = 512

/** Opens the server's port. If it cannot be opened, throws a UserError that names the setting to change. */
export async function openListener(
  { HOST, PORT, BASE_PATH }: Config,
  { tls, log }: { tls: Certificate | undefined; log: Log },
): Promise<HttpListener> {
  try {
    return await HttpListener.open({
      host: HOST,
      port: PORT,
      tls,
      basePath: BASE_PATH,
      maxConnections: maxConnections(log),
    })
  } catch (cause) {
    throw listenFault(cause, { host: HOST, port: PORT, addressSetting: 'HOST', portSetting: 'PORT', flag: '--port' })
  }
}

/** The server's URL. @param host the host name in it, if it differs from HOST */
export function urlOf(http: HttpListener, { HOST, TLS_CERT }: Config, host = HOST): string {
  const address = http.server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return `${TLS_CERT ? 'https' : 'http'}://${authorityOf(host, port)}`
}

/** The URL for workers if SERVER_URL is not set: the local address of our connection to the broker, which workers can usually reach too. */
export function urlTowardsBroker(config: Config, broker: StompClient, http: HttpListener): string {
  const isEverywhere = config.HOST === '0.0.0.0' || config.HOST === '::'
  return urlOf(http, config, isEverywhere ? (broker.localAddress?.replace('::ffff:', '') ?? '127.0.0.1') : config.HOST)
}

/** The largest number of connections that leaves OWN_DESCRIPTORS free (RLIMIT_NOFILE, getrlimit(2)). Warns of a low limit. */
function maxConnections(log: Log): number {
  const limit = softLimit('Max open files')
  if (limit === null) return Number.POSITIVE_INFINITY
  const open = readdirSync('/proc/self/fd').length
  const max = Math.max(MIN_CONNECTIONS, Math.floor((limit - open - OWN_DESCRIPTORS) / PER_CONNECTION))
  if (limit < FEW_DESCRIPTORS) {
    log.warn(
      `Server: this process may have ${limit} files and connections open; it takes ${max} connections at a time. Raise the limit (LimitNOFILE of the systemd unit, ulimit -n) to ${FEW_DESCRIPTORS} or more.`,
    )
  }
  return max
}
