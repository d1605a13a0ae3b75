import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { UserError } from '../song/errors.ts'
import { networkOf } from '../song/network.ts'
import { PASSING_FAULTS } from '../song/passing-fault.ts'
import type { Services } from './services.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether its requests count for MAX_REQUESTS_PER_MINUTE; 'of-members': only those that come with a credential. */
    counted?: 'always' | 'of-members' | 'never'
  }
}

export const CHANGING_METHODS: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])
/** What writes nothing, and the login, which says it on its page. */
const ANSWERED_UNWRITABLE: ReadonlySet<string> = new Set(['/login', '/logout', '/music/:music_id/playhead'])

/** In so many bytes a request has to bring itself forward between two looks, or end. */
const LEAST_BYTES = 16 * 1024

/**
 * Cuts off requests whose body has stalled: fewer than 16 KiB since the last look, `stalledMs` ago. What is large and
 * slow but comes on may take hours.
 */
export function cutOffStalled(stalledMs: number) {
  return async ({ raw }: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { socket } = raw
    let before = socket.bytesRead
    const timer = setInterval(() => {
      if (raw.complete) return clearInterval(timer)
      if (socket.bytesRead - before >= LEAST_BYTES) {
        before = socket.bytesRead
        return
      }
      clearInterval(timer)
      // Whoever reads the body hears of it by its error, and takes away what is half there.
      const end = () => void raw.destroy(new Error('The request has stalled.'))
      if (reply.sent) return end()
      reply.raw.once('finish', end)
      reply
        .status(408)
        .header('connection', 'close')
        .send({ error: 'The request came too slowly or not at all. Send it again.', code: 'stalled' })
    }, stalledMs)
    timer.unref()
    // Also after the answer: what is left of the body is read, so that the connection can be used again.
    raw.once('close', () => clearInterval(timer))
  }
}

/** Counts a request before anything else looks at it, unless its route is for workers, or tells everybody the same. */
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
 * Closes a connection whose answer lies whole in memory and is not taken: nothing of it in `stalledMs`. What comes from a file
 * may be taken as slowly as a player wants.
 */
export function cutOffUnread(stalledMs: number) {
  return async ({ raw }: FastifyRequest, _reply: FastifyReply, payload: unknown): Promise<unknown> => {
    if (Buffer.isBuffer(payload) || typeof payload === 'string') raw.socket.setTimeout(stalledMs)
    return payload
  }
}

/** Aborted when an answer has been sent, or whoever asked is gone. */
export function untilClosed({ raw }: FastifyReply): AbortSignal {
  const closed = new AbortController()
  if (raw.closed) closed.abort('closed')
  else raw.once('close', () => closed.abort('closed'))
  return closed.signal
}

/** So many uploads of one address at a time; the next one is told to wait. */
export function limitUploads(most: number) {
  const running = new Map<string, number>()
  return async ({ ip }: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const network = networkOf(ip)
    const count = (running.get(network) ?? 0) + 1
    if (count > most) {
      reply.header('retry-after', '5')
      throw new UserError(`You send ${most} songs already (MAX_UPLOADS). Send this one when one of them is through.`, {
        code: 'too-many-uploads',
        status: 429,
      })
    }
    running.set(network, count)
    reply.raw.once('close', () => {
      const left = (running.get(network) ?? 1) - 1
      if (left > 0) running.set(network, left)
      else running.delete(network)
    })
  }
}

/** What would change something is told at once that nothing can be changed now; its body is dropped. */
export function refuseUnwritable({ whyNotWritable }: Pick<Services, 'whyNotWritable'>) {
  return async ({ method, routeOptions }: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (!CHANGING_METHODS.has(method) || ANSWERED_UNWRITABLE.has(routeOptions.url ?? '')) return
    const fault = whyNotWritable()
    if (!fault) return
    const { status, message, retryAfterSeconds } = PASSING_FAULTS[fault]
    reply.header('retry-after', retryAfterSeconds)
    throw new UserError(message, { code: fault, status })
  }
}

export function tooManyRequests(seconds: number): UserError {
  return new UserError(`Too many requests from your address. Try again in ${seconds} seconds.`, {
    code: 'too-many',
    status: 429,
  })
}
