import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { workersProxy } from '../models/http-proxy.ts'

const MOST_TEXT_BYTES = 1 << 20
/**
 * Node's own agent gives a connection that waits for its next request five seconds, and counts them on into that request.
 * Ours keeps it as long as the server does.
 */
const DIRECT = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) }
const OVER_PROXY = {
  http: new HttpAgent({ keepAlive: true, proxyEnv: process.env }),
  https: new HttpsAgent({ keepAlive: true, proxyEnv: process.env }),
}

export type Request = {
  method: 'GET' | 'POST' | 'PUT'
  headers?: Record<string, string>
  /** The body, one part after the other. */
  parts?: readonly Buffer[]
  /** It is given up when so long no byte has come or gone. */
  idleMs: number
  signal: AbortSignal
}

/**
 * A request whose answer is read as it comes. Of `fetch` it spares what a job pays for: that copies a body which is known
 * whole three times over, 40 MB and 0.2 s for a result, sends one that is not without the length that the server wants to
 * hear first, and has no limit but one for the whole, which a slow line is not to be held to.
 */
export function request(
  url: URL,
  { method, headers = {}, parts = [], idleMs, signal }: Request,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const isSecure = url.protocol === 'https:'
  const sending = (isSecure ? requestHttps : requestHttp)(url, {
    agent: (workersProxy(url) ? OVER_PROXY : DIRECT)[isSecure ? 'https' : 'http'],
    method,
    headers: method === 'GET' ? headers : { ...headers, 'content-length': length },
    timeout: idleMs,
    signal,
  })
  let answer: IncomingMessage | undefined
  sending.on('timeout', () => (answer ?? sending).destroy(new Error(`nothing came for ${idleMs / 1000} s`)))
  sending.on('response', (response) => {
    answer = response
    resolve(response)
  })
  sending.on('error', reject)
  for (const part of parts) sending.write(part)
  sending.end()
  return promise
}

/** What was answered, as text. Throws when it is more than anything a server has to say. */
export async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MOST_TEXT_BYTES) throw new Error(`more than ${MOST_TEXT_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
