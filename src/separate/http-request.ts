import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { workersProxy } from '../models/http-proxy.ts'

const MAX_TEXT_BYTES = 1 << 20
/**
 * Node's default agent closes an idle connection after five seconds, and lets that timeout run on into the next request.
 * These agents keep a connection as long as the server does.
 */
const DIRECT = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) }
const OVER_PROXY = {
  http: new HttpAgent({ keepAlive: true, proxyEnv: process.env }),
  https: new HttpsAgent({ keepAlive: true, proxyEnv: process.env }),
}

export type Request = {
  method: 'GET' | 'POST' | 'PUT'
  headers?: Record<string, string>
  /** The parts of the body, sent one after the other. */
  parts?: readonly Buffer[]
  /** The request fails after this time without a byte in either direction. */
  idleMs: number
  signal: AbortSignal
}

/**
 * Sends a request, and resolves as soon as the answer begins. `fetch` does not suit results. It copies a body of known length
 * three times (40 MB and 0.2 s for a result). It sends a body of unknown length without the content-length, which the server
 * checks first. It can limit only the whole time, which a slow line would exceed.
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

/** Reads an answer as text. Throws beyond MAX_TEXT_BYTES, which no answer of a server needs. */
export async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_TEXT_BYTES) throw new Error(`more than ${MAX_TEXT_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
