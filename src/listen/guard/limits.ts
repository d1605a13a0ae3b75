import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { networkOf } from '../../platform/client-network.ts'
import { TRANSIENT_FAULTS, type TransientFault } from '../../platform/transient-fault.ts'
import { UserError } from '../../song/errors.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether requests count for MAX_REQUESTS_PER_MINUTE. 'of-members': only those with a cookie or an Authorization header. */
    counted?: 'always' | 'of-members' | 'never'
  }
}

export const CHANGING_METHODS: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])
/** Routes that need no check: a playhead writes nothing, and the login shows faults on its own page. */
const ANSWERED_UNWRITABLE: ReadonlySet<string> = new Set(['/login', '/logout', '/music/:music_id/playhead'])
const UPLOAD_RETRY_SECONDS = 5
/** A body with fewer new bytes than this between two checks has stalled. */
const MIN_BYTES = 16 * 1024

/**
 * A hook that ends a request whose body has stalled: less than 16 KiB came since the last check, `stalledMs` ago. A large body may
 * take hours if bytes keep coming.
 */
export function cutOffStalled(stalledMs: number) {
  return async ({ raw }: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { socket } = raw
    let before = socket.bytesRead
    const timer = setInterval(() => {
      if (raw.complete) return clearInterval(timer)
      if (socket.bytesRead - before >= MIN_BYTES) {
        before = socket.bytesRead
        return
      }
      clearInterval(timer)
      // The reader of the body gets this error and removes its unfinished file.
      const end = () => void raw.destroy(new Error('The request has stalled.'))
      if (reply.sent) return end()
      reply.raw.once('finish', end)
      reply
        .status(408)
        .header('connection', 'close')
        .send({ error: 'The request came too slowly or not at all. Send it again.', code: 'stalled' })
    }, stalledMs)
    timer.unref()
    // Not at the answer's end: the rest of the body is read after it, so that the connection can be used again.
    raw.once('close', () => clearInterval(timer))
  }
}

/** A hook that counts a request, unless its route is not counted. @param limit the hook of `@fastify/rate-limit` */
export function limitRequests(limit: onRequestAsyncHookHandler) {
  return async function (this: FastifyInstance, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { counted = 'always' } = request.routeOptions.config ?? {}
    if (counted === 'never') return
    const { authorization, cookie } = request.headers
    if (counted === 'of-members' && authorization === undefined && cookie === undefined) return
    await limit.call(this, request, reply)
  }
}

/**
 * A hook that closes a connection whose client reads nothing for `stalledMs`, if the whole answer is in memory. A file may be read
 * as slowly as a player wants.
 */
export function cutOffUnread(stalledMs: number) {
  return async (_request: FastifyRequest, { raw }: FastifyReply, payload: unknown): Promise<unknown> => {
    const isInMemory = Buffer.isBuffer(payload) || typeof payload === 'string'
    if (isInMemory && payload.length > 0) raw.setTimeout(stalledMs, () => raw.destroy())
    return payload
  }
}

/** A hook that lets an address send at most `max` uploads at a time, and refuses further ones. */
export function limitUploads(max: number) {
  const running = new Map<string, number>()
  return async ({ ip }: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const network = networkOf(ip)
    const count = (running.get(network) ?? 0) + 1
    if (count > max) {
      throw new UserError(
        `You are already sending ${max} songs (MAX_UPLOADS). Send this one when one of them has ended.`,
        {
          code: 'too-many-uploads',
          retryAfterSeconds: UPLOAD_RETRY_SECONDS,
        },
      )
    }
    running.set(network, count)
    reply.raw.once('close', () => {
      const left = (running.get(network) ?? 1) - 1
      if (left > 0) running.set(network, left)
      else running.delete(network)
    })
  }
}

/**
 * A hook that refuses requests for a change while the server cannot write. It does not wait for the body.
 * @param probeForFault looks now for a fault that keeps the server from writing
 */
export function refuseUnwritable(probeForFault: () => TransientFault | null) {
  return async ({ method, routeOptions }: FastifyRequest): Promise<void> => {
    if (!CHANGING_METHODS.has(method) || ANSWERED_UNWRITABLE.has(routeOptions.url ?? '')) return
    const fault = probeForFault()
    if (!fault) return
    const { message, retryAfterSeconds } = TRANSIENT_FAULTS[fault]
    throw new UserError(message, { code: fault, retryAfterSeconds })
  }
}

export function tooManyRequests(seconds: number): UserError {
  return new UserError(`Too many requests from your address. Try again in ${seconds} seconds.`, { code: 'too-many' })
}
