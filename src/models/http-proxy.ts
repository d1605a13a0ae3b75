import { isIP } from 'node:net'
import { bareHost } from '../song/address.ts'
import { isPublicAddress } from './public-address.ts'

const PROXIES = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY']

/** The environment that names the proxy for requests of a worker to its server; undefined where it asks directly. */
export type ProxyEnvironment = NodeJS.ProcessEnv | undefined

/**
 * A worker asks its server through HTTP_PROXY, HTTPS_PROXY and NO_PROXY, but never where the server is an address of this
 * machine or of a private network: invitations name those where workers reach the broker, which no proxy is asked for.
 */
export function workersProxy({ hostname }: URL): ProxyEnvironment {
  const host = bareHost(hostname)
  if (host === 'localhost' || (isIP(host) !== 0 && !isPublicAddress(host))) return undefined
  return PROXIES.some((name) => process.env[name]) ? process.env : undefined
}
