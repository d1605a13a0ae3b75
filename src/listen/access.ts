import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { UserError } from '../song/errors.ts'
import { networkOf } from '../song/network.ts'
import type { Database } from '../store/database.ts'
import { addSession, hasSession, removeSession } from '../store/sessions.ts'
import { AddressCounts } from './address-counts.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers whoever asks: it holds nothing of anybody's, or has tokens of its own. */
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
 * Who may come in when the server has an access token: who sends it (`Authorization: Bearer`, RFC 6750), and a browser
 * that was told it once and has a session since. A session's id is random; the ledger keeps its HMAC under the token, so
 * that another token ends all sessions.
 */
export class Access {
  readonly #token: string
  readonly #db: Database
  readonly #wrongTokens = new AddressCounts(WRONG_TOKENS_COUNT_MS)
  /** What is being answered to each session, by its hash. */
  readonly #answers = new Map<string, Set<ServerResponse>>()

  constructor(token: string, db: Database) {
    this.#token = token
    this.#db = db
  }

  /** Throws 429 after ten wrong tokens from one address in a minute, whatever is tried then. */
  isToken(given: string, address: string): boolean {
    const network = networkOf(address)
    const { count, msLeft } = this.#wrongTokens.of(network)
    if (count >= MOST_WRONG_TOKENS) {
      throw new UserError('Too many wrong access tokens from your address. Try again in a minute.', {
        code: 'too-many',
        status: 429,
        retryAfterSeconds: Math.ceil(msLeft / 1000),
      })
    }
    if (isSame(given, this.#token)) return true
    this.#wrongTokens.add(network)
    return false
  }

  /** @returns the id of a new session, for the browser to keep */
  logIn(): string {
    const id = randomBytes(SESSION_ID_BYTES).toString('base64url')
    addSession(this.#db, { hash: this.#hashOf(id), lifetimeMs: SESSION_SECONDS * 1000 })
    return id
  }

  /** Ends the session of a request, and what is still being answered to it, as its event streams. */
  logOut({ cookies }: FastifyRequest): void {
    const hash = this.#sessionHash(cookies)
    if (hash === null) return
    removeSession(this.#db, hash)
    for (const response of this.#answers.get(hash) ?? []) response.destroy()
  }

  /** Whether a request comes from somebody who has a session or knows the token. */
  admits({ headers, cookies, ip }: FastifyRequest): boolean {
    if (this.#hasSession(cookies)) return true
    const bearer = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1]
    return bearer !== undefined && this.isToken(bearer, ip)
  }

  /** The answer ends with the session that it is for. */
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

/** Keeps strangers out of all routes but those for everybody. */
export function guardAccess(access: Access, basePath: string) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (request.routeOptions.config.isForEverybody) return
    if (access.admits(request)) return access.endWithSession(request, reply.raw)
    reply.header('www-authenticate', 'Bearer realm="Minus One"')
    throw new UserError(
      `This server wants an access token: log in at ${basePath}/login, or send it as "Authorization: Bearer …".`,
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
