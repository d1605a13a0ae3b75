import type { FastifyReply, FastifyRequest } from 'fastify'
import { UserError } from '../../song/errors.ts'

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]'])
const EVERY_ADDRESS = new Set(['0.0.0.0', '::'])
/** A name or an address, with or without a port (RFC 3986, 3.2). The links in our answers contain it. */
const AUTHORITY = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i

/**
 * A hook that refuses requests from pages of other sites. Such a page could POST /reset to 127.0.0.1; the Origin header shows
 * that. Or its own name could resolve to our address (DNS rebinding); the Host header shows that. A server that listens on every
 * address does not know all its addresses, so it accepts any address as Host, and the host of SERVER_URL.
 */
export function guardOrigin({ host, serverUrl }: { host: string; serverUrl: string | undefined }) {
  const names = new Set([...LOOPBACK_NAMES, bracketed(host)])
  if (serverUrl) names.add(new URL(serverUrl).hostname)
  const server = serverUrl === undefined ? null : new URL(serverUrl)
  const isAnyAddress = EVERY_ADDRESS.has(host)

  function isOurs(name: string): boolean {
    return names.has(name) || (isAnyAddress && isIpAddress(name))
  }

  return async (request: FastifyRequest, _reply: FastifyReply): Promise<void> => {
    const { origin } = request.headers
    const { protocol, host: authority } = request
    if (hostsIn(request) > 1) throw badHost('The request has more than one Host.')
    if (!authority) throw badHost('The request has no Host.')
    if (!(protocol === 'http' || protocol === 'https'))
      throw badHost("What the proxy says of the protocol (X-Forwarded-Proto) is neither 'http' nor 'https'.")
    const asked = authority.match(AUTHORITY)?.[1]
    if (asked === undefined || !URL.canParse(`http://${authority}`))
      throw badHost('The Host of the request is not a name or an address, with a port or without.')
    if (!isOurs(asked.toLowerCase())) {
      throw new UserError(`This server does not answer as '${authority}'. Use its address, or set SERVER_URL.`, {
        code: 'foreign-host',
      })
    }
    if (origin === undefined) return
    const from = URL.canParse(origin) ? new URL(origin).origin : null
    if (from === new URL(`${protocol}://${authority}`).origin) return
    // A proxy that ends TLS may not say so. Then the Origin is https while we see http.
    if (from === server?.origin && asked.toLowerCase() === server?.hostname) return
    throw new UserError('The request comes from a page of another site. Only pages of this server may send it.', {
      code: 'foreign-origin',
    })
  }
}

function badHost(message: string): UserError {
  return new UserError(message, { code: 'bad-host' })
}

/** The number of Host headers. Node uses the first one, but a proxy may use another one (RFC 9112, 3.2). */
function hostsIn({ raw }: FastifyRequest): number {
  return raw.rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host.toLowerCase()
}

function isIpAddress(name: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(name) || name.startsWith('[')
}
