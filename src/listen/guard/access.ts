import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { networkOf } from '../../platform/client-network.ts'
import { UserError } from '../../song/errors.ts'
import type { Database } from '../../store/ledger/database.ts'
import { addSession, hasSession, removeSession } from '../../store/tables/sessions.ts'
import { AddressCounts } from './address-counts.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** True if the route needs no login, because it shows nothing private or checks tokens of its own. */
    isForEverybody?: boolean
  }
}

export const SESSION_COOKIE = 'minus_one_session'
export const SESSION_SECONDS = 90 * 24 * 3600
const SESSION_ID_BYTES = 32
const SESSION_ID = /^[\w-]{43}$/
const MAX_WRONG_TOKENS = 10
const WRONG_TOKENS_COUNT_MS = 60_000

/**
 * Checks requests if the server has an access token. A request needs the token itself (`Authorization: Bearer`, RFC 6750) or the
 * session of a browser that has logged in with the token. A session's id is random. The ledger stores its HMAC, keyed with the
 * token, so a new token ends all sessions.
 */
export class Access {
  readonly #token: string
  readonly #db: Database
  readonly #wrongTokens = new AddressCounts(WRONG_TOKENS_COUNT_MS)
  /** The unfinished answers of each session, by the session's hash. */
  readonly #answers = new Map<string, Set<ServerResponse>>()

  constructor(token: string, db: Database) {
    this.#token = token
    this.#db = db
  }

  /**
   * Whether a token is the access token. Counts wrong ones. After ten wrong tokens from one address within a minute it throws a
   * UserError (too-many), even for the right token.
   */
  checkToken(given: string, address: string): boolean {
    const network = networkOf(address)
    const { count, msLeft } = this.#wrongTokens.of(network)
    if (count >= MAX_WRONG_TOKENS) {
      throw new UserError('Too many wrong access tokens from your address. Try again in a minute.', {
        code: 'too-many',
        retryAfterSeconds: Math.ceil(msLeft / 1000),
      })
    }
    if (isSame(given, this.#token)) return true
    this.#wrongTokens.add(network)
    return false
  }

  /** Begins a session. Returns its id for the browser's cookie. */
  logIn(): string {
    const id = randomBytes(SESSION_ID_BYTES).toString('base64url')
    addSession(this.#db, { hash: this.#hashOfSessionId(id), lifetimeMs: SESSION_SECONDS * 1000 })
    return id
  }

  /** Ends the session of a request and its unfinished answers, such as event streams. */
  logOut({ cookies }: FastifyRequest): void {
    const hash = this.#sessionHash(cookies)
    if (hash === null) return
    removeSession(this.#db, hash)
    for (const response of this.#answers.get(hash) ?? []) response.destroy()
  }

  /** Whether a request has a session or the token. Counts a wrong token, as `checkToken` does. */
  authenticate({ headers, cookies, ip }: FastifyRequest): boolean {
    if (this.#hasSession(cookies)) return true
    const bearer = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1]
    return bearer !== undefined && this.checkToken(bearer, ip)
  }

  /** Makes an answer end when the session of its request ends. */
  endWithSession({ cookies }: FastifyRequest, response: ServerResponse): void {
    const hash = this.#sessionHash(cookies)
    if (hash === null) return
    const answers = this.#answers.get(hash) ?? new Set()
    this.#answers.set(hash, answers.add(response))
    response.once('close', () => {
      answers.delete(response)
      if (answers.size === 0 && this.#answers.get(hash) === answers) this.#answers.delete(hash)
    })
  }

  #hasSession(cookies: Cookies): boolean {
    const hash = this.#sessionHash(cookies)
    return hash !== null && hasSession(this.#db, hash)
  }

  #sessionHash(cookies: Cookies): string | null {
    const id = cookies[SESSION_COOKIE]
    return id !== undefined && SESSION_ID.test(id) ? this.#hashOfSessionId(id) : null
  }

  #hashOfSessionId(sessionId: string): string {
    return createHmac('sha256', this.#token).update(sessionId).digest('hex')
  }
}

type Cookies = FastifyRequest['cookies']

/** A hook that refuses requests without a session and the token, except on routes for everybody. */
export function guardAccess(access: Access, basePath: string) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (request.routeOptions.config.isForEverybody) return
    if (access.authenticate(request)) return access.endWithSession(request, reply.raw)
    reply.header('www-authenticate', 'Bearer realm="Minus One"')
    throw new UserError(
      `This server requires an access token: log in at ${basePath}/login, or send it as "Authorization: Bearer …".`,
      { code: 'unauthorized' },
    )
  }
}

/** Compares two texts in a time that does not depend on where they differ. */
function isSame(a: string, b: string): boolean {
  const [first, second] = [a, b].map((text) => createHash('sha256').update(text).digest())
  return first !== undefined && second !== undefined && timingSafeEqual(first, second)
}
