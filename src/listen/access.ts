import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { UserError } from '../song/errors.ts'
import { networkOf } from './limits.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers whoever asks: it holds nothing of anybody's, or has tokens of its own. */
    isForEverybody?: boolean
  }
}

export const SESSION_COOKIE = 'minus_one_session'
const MOST_MISTAKES = 10
const MISTAKES_COUNT_MS = 60_000
const MOST_ADDRESSES = 10_000

/**
 * Who may come in when the server has an access token: who sends it (`Authorization: Bearer`, RFC 6750), and a browser
 * that was told it once and keeps a cookie made of it since. Another token ends all sessions.
 */
export class Access {
  readonly #token: string
  readonly #mistakes = new Map<string, { count: number; until: number }>()

  constructor(token: string) {
    this.#token = token
  }

  /** What the browser keeps: whoever reads it gets in, but does not learn the token. */
  get session(): string {
    return createHmac('sha256', this.#token).update('minus-one session').digest('hex')
  }

  /** Throws 429 after ten mistakes from one address in a minute, whatever is tried then. */
  isToken(given: string, address: string): boolean {
    const now = Date.now()
    const network = networkOf(address)
    const known = this.#mistakes.get(network)
    if (known && known.until > now && known.count >= MOST_MISTAKES) {
      throw new UserError('Too many wrong access tokens from your address. Try again in a minute.', {
        code: 'too-many',
        status: 429,
      })
    }
    if (isSame(given, this.#token)) return true
    if (this.#mistakes.size >= MOST_ADDRESSES) this.#mistakes.clear()
    const count = known && known.until > now ? known.count + 1 : 1
    this.#mistakes.set(network, { count, until: now + MISTAKES_COUNT_MS })
    return false
  }

  /** Whether a request comes from somebody who knows the token. */
  admits({ headers, cookies, ip }: FastifyRequest): boolean {
    const bearer = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1]
    if (bearer !== undefined) return this.isToken(bearer, ip)
    return isSame(cookies[SESSION_COOKIE] ?? '', this.session)
  }
}

/** Keeps strangers out of all routes but those for everybody. */
export function guardAccess(access: Access) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (request.routeOptions.config.isForEverybody || access.admits(request)) return
    reply.header('www-authenticate', 'Bearer realm="Minus One"')
    throw new UserError(
      'This server wants an access token: log in at /login, or send it as "Authorization: Bearer …".',
      {
        code: 'unauthorized',
        status: 401,
      },
    )
  }
}

/** In a time that tells nothing of where they differ. */
function isSame(a: string, b: string): boolean {
  const [first, second] = [a, b].map((text) => createHash('sha256').update(text).digest())
  return first !== undefined && second !== undefined && timingSafeEqual(first, second)
}
