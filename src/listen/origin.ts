import type { FastifyReply, FastifyRequest } from 'fastify'
import { UserError } from '../song/errors.ts'

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]'])
const EVERY_ADDRESS = new Set(['0.0.0.0', '::'])

/**
 * Keeps other web pages out. A page somewhere else could otherwise POST /reset to 127.0.0.1 (its Origin gives it away),
 * or give its own name our address (DNS rebinding; the Host gives it away). A server that listens on every address is
 * reached by addresses and names it cannot know: there the Host may be any address, or the host of SERVER_URL.
 */
export function guardOrigin({ host, serverUrl }: { host: string; serverUrl: string | undefined }) {
  const names = new Set([...LOOPBACK_NAMES, bracketed(host)])
  if (serverUrl) names.add(new URL(serverUrl).hostname)
  const isAnyAddress = EVERY_ADDRESS.has(host)

  function isOurs(name: string): boolean {
    return names.has(name) || (isAnyAddress && isIpAddress(name))
  }

  return async (request: FastifyRequest, _reply: FastifyReply): Promise<void> => {
    const { origin } = request.headers
    const authority = request.host
    const asked = hostnameOf(`http://${authority}`)
    if (asked === null || !isOurs(asked)) {
      throw new UserError(`This server does not answer as '${authority}'. Use its address, or set SERVER_URL.`, {
        code: 'foreign-host',
        status: 403,
      })
    }
    if (origin === undefined) return
    if (origin.replace(/^https?:\/\//, '') === authority) return
    throw new UserError('A page of another site asked for this; only pages of this server may.', {
      code: 'foreign-origin',
      status: 403,
    })
  }
}

function hostnameOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).hostname : null
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host.toLowerCase()
}

function isIpAddress(name: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(name) || name.startsWith('[')
}
