import type { IncomingMessage } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { workersProxy } from '../models/http-proxy.ts'
import { urlBelow } from '../platform/address.ts'
import { messageOf } from '../song/errors.ts'
import { CouldNotTry } from './could-not-try.ts'
import { type Request, request } from './http-request.ts'

/** The longest wait between two bytes of a request without sound. */
const IDLE_MS = 20_000
/**
 * How long a request is repeated while the server answers 503, so that no result is lost. A server does that while it starts or
 * its ledger is locked.
 */
const RETRY_FOR_MS = 60_000
const MAX_RETRY_AFTER_MS = 5_000

export type ServerRequest = (
  path: string,
  options: Omit<Request, 'signal' | 'idleMs'> & { idleMs?: number },
) => Promise<IncomingMessage>

/**
 * Makes a function that sends requests to one server. An answer of 503 with Retry-After is asked for again, for at most
 * RETRY_FOR_MS. Throws CouldNotTry when the server is not reached.
 */
export function serverRequests(server: string, signal: AbortSignal): ServerRequest {
  const hint = workersProxy(urlBelow(server, ''))
    ? ' (HTTP_PROXY or HTTPS_PROXY is set; NO_PROXY names hosts to reach without)'
    : ''
  const sendOnce: ServerRequest = (path, options) =>
    request(urlBelow(server, path), { idleMs: IDLE_MS, ...options, signal }).catch((cause: unknown) => {
      throw new CouldNotTry(`cannot reach ${server}: ${messageOf(cause)}${hint}`, { cause })
    })
  return async (path, options) => {
    const deadline = performance.now() + RETRY_FOR_MS
    for (;;) {
      const answer = await sendOnce(path, options)
      const waitMs = Math.min(MAX_RETRY_AFTER_MS, 1000 * Number(answer.headers['retry-after']))
      if (answer.statusCode !== 503 || !(waitMs > 0) || performance.now() + waitMs > deadline) return answer
      answer.resume()
      await setTimeout(waitMs, undefined, { signal }).catch((cause: unknown) => {
        throw new CouldNotTry(`${server} is not ready yet`, { cause })
      })
    }
  }
}
