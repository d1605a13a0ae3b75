import { isIPv6 } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { UserError } from '../song/errors.ts'

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
    reply.raw.once('close', () => clearInterval(timer))
  }
}

/** Who asks, as far as that can be told: whoever has an IPv6 address has 2^64 of them, which count as one (RFC 4291, 2.5.1). */
export function networkOf(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1]
  if (mapped || !isIPv6(ip)) return mapped ?? ip
  const [head = [], tail = []] = ip.split('::').map((half) => half.split(':').filter(Boolean))
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0')
  const network = [...head, ...zeros, ...tail].slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16))
  return `${network.join(':')}::/64`
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

export function tooManyRequests(seconds: number): UserError {
  return new UserError(`Too many requests from your address. Try again in ${seconds} seconds.`, {
    code: 'too-many',
    status: 429,
  })
}
