import { isIP } from 'node:net'
import { bareHost } from '../platform/address.ts'
import { isPublicAddress } from './public-address.ts'

const PROXIES = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY']

/** The environment that names the proxy for a request; undefined for a direct request. */
export type ProxyEnvironment = NodeJS.ProcessEnv | undefined

/**
 * The proxy for a worker's requests to its server, from HTTP_PROXY, HTTPS_PROXY and NO_PROXY. There is none for an address of
 * this machine or of a private network. The worker reaches the broker there without a proxy, so it reaches the server in the
 * same way.
 */
export function workersProxy({ hostname }: URL): ProxyEnvironment {
  const host = bareHost(hostname)
  if (host === 'localhost' || (isIP(host) !== 0 && !isPublicAddress(host))) return undefined
  return PROXIES.some((name) => process.env[name]) ? process.env : undefined
}
