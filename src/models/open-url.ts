import { lookup } from 'node:dns'
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { bareHost } from '../platform/address.ts'
import { UserError } from '../song/errors.ts'
import type { ProxyEnvironment } from './http-proxy.ts'
import { isPublicAddress } from './public-address.ts'

const MAX_REDIRECTS = 5
const REDIRECTS: ReadonlySet<number | undefined> = new Set([301, 302, 303, 307, 308])

/** The name resolution of a network, and the check whether an address is public. */
export type Network = { lookup: LookupFunction; isPublic(address: string): boolean }

const INTERNET: Network = { lookup, isPublic: isPublicAddress }

export type UrlRequest = {
  url: string
  method?: 'GET' | 'HEAD'
  headers?: Record<string, string>
  signal: AbortSignal
  maxRedirects?: number | undefined
  /** Whether to return this redirect instead of following it. */
  isEnough?(answer: IncomingMessage, next: URL): boolean
  network?: Network | undefined
  /** Names the proxy. By default it is this process's environment if NODE_USE_ENV_PROXY is set. */
  proxyEnvironment?: ProxyEnvironment
}

/**
 * Requests a URL that the user chose and follows redirects, which the user did not choose.
 * - A public host may redirect to public hosts only, never to this machine or its network. A host on this network may redirect
 *   within it. No redirect leads from https to http.
 * - The check uses the address of the connection itself, so a name cannot change its address after the check.
 * - A proxy resolves names itself. Addresses in URLs are checked all the same.
 * - The header Authorization goes to the first origin only.
 * The caller reads or destroys the answer.
 */
export async function openUrl({
  url,
  method = 'GET',
  headers = {},
  signal,
  maxRedirects = MAX_REDIRECTS,
  isEnough,
  network = INTERNET,
  proxyEnvironment = process.env['NODE_USE_ENV_PROXY'] === '1' ? process.env : undefined,
}: UrlRequest): Promise<IncomingMessage> {
  let here = new URL(url)
  let sent = headers
  let mayBePrivate = true
  for (let redirects = 0; ; redirects++) {
    const { answer, isPublic } = await askOnce({
      url: here,
      method,
      headers: sent,
      signal,
      mayBePrivate,
      network,
      proxyEnvironment,
    })
    const { location } = answer.headers
    if (!REDIRECTS.has(answer.statusCode) || location === undefined) return answer
    const next = URL.parse(location, here.href)
    if (next && isEnough?.(answer, next)) return answer
    answer.destroy()
    if (redirects === maxRedirects) throw refused(here, 'redirects too many times')
    if (!next || !/^https?:$/.test(next.protocol))
      throw refused(here, 'redirects to something that is not a web address')
    if (here.protocol === 'https:' && next.protocol === 'http:') throw refused(here, 'redirects from https to http')
    if (next.origin !== here.origin) sent = withoutToken(sent)
    mayBePrivate &&= !isPublic
    here = next
  }
}

type Hop = Required<Pick<UrlRequest, 'method' | 'headers' | 'signal'>> & {
  url: URL
  mayBePrivate: boolean
  network: Network
  proxyEnvironment: ProxyEnvironment
}

async function askOnce({ url, method, headers, signal, mayBePrivate, network, proxyEnvironment: proxyEnv }: Hop) {
  const host = bareHost(url.hostname)
  const isAddress = isIP(host) !== 0
  const refusal = () => refused(url, 'is on this machine or its network, and a host of the internet redirects there')
  if (isAddress && !mayBePrivate && !network.isPublic(host)) throw refusal()
  let isDirect = isAddress
  const lookupHost: LookupFunction = (name, options, tell) => {
    network.lookup(name, options, (error, found, family) => {
      // The lookup is also called for the name of a proxy.
      if (error || name !== host) return tell(error, found, family)
      isDirect = true
      const addresses = typeof found === 'string' ? [found] : found.map(({ address }) => address)
      if (mayBePrivate || addresses.every(network.isPublic)) tell(null, found, family)
      else tell(refusal(), found, family)
    })
  }
  const isSecure = url.protocol === 'https:'
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  // A new agent each time, because a shared one would reuse a connection without checking its address.
  const sending = (isSecure ? requestHttps : requestHttp)(url, {
    agent: isSecure ? new HttpsAgent({ proxyEnv }) : new HttpAgent({ proxyEnv }),
    method,
    headers: { 'accept-encoding': 'identity', ...headers },
    lookup: lookupHost,
    signal,
  })
  sending.on('response', resolve).on('error', reject).end()
  const answer = await promise
  const address = isAddress ? host : answer.socket.remoteAddress
  return { answer, isPublic: !isDirect || (address !== undefined && network.isPublic(address)) }
}

function withoutToken(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'))
}

function refused({ host }: URL, what: string): UserError {
  return new UserError(`${host} ${what}; this redirect is not followed.`, { code: 'download' })
}
