import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { UserError } from '../../song/errors.ts'
import { networkOf } from '../../song/network.ts'
import type { Database } from '../../store/ledger/database.ts'
import { addSession, hasSession, removeSession } from '../../store/tables/sessions.ts'
import { AddressCounts } from './address-counts.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether anybody is answered, without a login: the route shows nothing private, or has tokens of its own. */
    isForEverybody?: boolean
  }
}

export const SESSION_COOKIE = 'minus_one_session'
export const SESSION_SECONDS = 90 * 24 * 3600
const SESSION_ID_BYTES = 32
const SESSION_ID = /^[\w-]{43}$/
const MOST_WRONG_TOKENS = 10
const WRONG_TOKENS_COUNT_MS = 60_000

/**
 * Who may come in when the server has an access token: a request that brings it (`Authorization: Bearer`, RFC 6750), and a
 * browser that logged in with it and has a session since. A session's id is random. The ledger keeps its HMAC under the token, so
 * that another token ends all sessions.
 */
export class Access {
  readonly #token: string
  readonly #db: Database
  readonly #wrongTokens = new AddressCounts(WRONG_TOKENS_COUNT_MS)
  /** The answers under way to each session, by its hash. */
  readonly #answers = new Map<string, Set<ServerResponse>>()

  constructor(token: string, db: Database) {
    this.#token = token
    this.#db = db
  }

  /**
   * Whether this is the token; a wrong one is counted. After ten wrong tokens from one address within a minute it throws a UserError,
   * also for the right one.
   */
  checkToken(given: string, address: string): boolean {
    const network = networkOf(address)
    const { count, msLeft } = this.#wrongTokens.of(network)
    if (count >= MOST_WRONG_TOKENS) {
      throw new UserError('Too many wrong access tokens from your address. Try again in a minute.', {
        code: 'too-many',
        retryAfterSeconds: Math.ceil(msLeft / 1000),
      })
    }
    if (isSame(given, this.#token)) return true
    this.#wrongTokens.add(network)
    return false
  }

  /** Begins a session; returns its id for the browser to keep. */
  logIn(): string {
    const id = randomBytes(SESSION_ID_BYTES).toString('base64url')
    addSession(this.#db, { hash: this.#hashOf(id), lifetimeMs: SESSION_SECONDS * 1000 })
    return id
  }

  /** Ends the session of a request, and the answers that are still under way to it, such as event streams. */
  logOut({ cookies }: FastifyRequest): void {
    const hash = this.#sessionHash(cookies)
    if (hash === null) return
    removeSession(this.#db, hash)
    for (const response of this.#answers.get(hash) ?? []) response.destroy()
  }

  /** Whether a request has a session or brings the token. A wrong token is counted, as in `checkToken`. */
  authenticate({ headers, cookies, ip }: FastifyRequest): boolean {
    if (this.#hasSession(cookies)) return true
    const bearer = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1]
    return bearer !== undefined && this.checkToken(bearer, ip)
  }

  /** From now on the answer ends when the session of its request ends. */
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
    return id !== undefined && SESSION_ID.test(id) ? this.#hashOf(id) : null
  }

  #hashOf(sessionId: string): string {
    return createHmac('sha256', this.#token).update(sessionId).digest('hex')
  }
}

type Cookies = FastifyRequest['cookies']

/** A hook that lets nobody in without a session or the token, except to routes for everybody. */
export function guardAccess(access: Access, basePath: string) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (request.routeOptions.config.isForEverybody) return
    if (access.authenticate(request)) return access.endWithSession(request, reply.raw)
    reply.header('www-authenticate', 'Bearer realm="Minus One"')
    throw new UserError(
      `This server wants an access token: log in at ${basePath}/login, or send it as "Authorization: Bearer …".`,
      { code: 'unauthorized' },
    )
  }
}

/** Compares in a time that does not depend on where the texts differ. */
function isSame(a: string, b: string): boolean {
  const [first, second] = [a, b].map((text) => createHash('sha256').update(text).digest())
  return first !== undefined && second !== undefined && timingSafeEqual(first, second)
}
