import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A fault of the next `times` answers. */
export type Fault = {
  kind: 'cut' | 'wrong' | 'too-many' | 'unauthorized' | 'missing' | 'stall' | 'longer'
  times: number
}

const CUT_AFTER_MS = 300

export type FakeHub = {
  url: string
  /** The address of the host that sends the bytes. */
  storeUrl: string
  /** Paths as `organisation/repository/file.onnx`. */
  files: Map<string, Uint8Array>
  faults: Fault[]
  /** The token that every request needs; null: none. */
  token: string | null
  /** Every request so far. */
  asked: { method: string; path: string; range: string | undefined; token: string | undefined; host: string }[]
  close(): Promise<void>
}

/**
 * A server that behaves like the Hugging Face hub: it redirects a request for a large file to another host, with the
 * file's hash and size in the headers. That host sends the bytes, in ranges too. Both can have faults.
 * @param storeUrl the name of that host in redirects; without it, its address
 */
export async function startHub({ storeUrl }: { storeUrl?: string } = {}): Promise<FakeHub> {
  const hub: FakeHub = { url: '', storeUrl: '', files: new Map(), faults: [], token: null, asked: [], close }
  const front = createServer((request, response) => answerFront(request, response))
  const store = createServer((request, response) => answerStore(request, response))
  hub.url = `http://127.0.0.1:${await listen(front)}`
  hub.storeUrl = `http://127.0.0.1:${await listen(store)}`

  function note(request: IncomingMessage): void {
    const { range, authorization, host = '' } = request.headers
    hub.asked.push({ method: request.method ?? '', path: request.url ?? '', range, token: authorization, host })
  }

  function fault(...kinds: Fault['kind'][]): Fault['kind'] | null {
    const found = hub.faults.find(({ kind, times }) => kinds.includes(kind) && times > 0)
    if (!found) return null
    found.times--
    return found.kind
  }

  function answerFront(request: IncomingMessage, response: ServerResponse): void {
    note(request)
    const file = (request.url ?? '').replace(/^\//, '').replace('/resolve/main/', '/')
    const bytes = hub.files.get(file)
    const problem = fault('too-many', 'unauthorized', 'missing')
    if (problem === 'too-many') return void response.writeHead(429, { 'retry-after': '0' }).end()
    const isKnown = hub.token === null || request.headers.authorization === `Bearer ${hub.token}`
    if (problem === 'unauthorized' || !isKnown) return void response.writeHead(401).end('Invalid credentials')
    if (problem === 'missing' || !bytes) return void response.writeHead(404).end('Entry not found')
    response.writeHead(302, {
      location: `${storeUrl ?? hub.storeUrl}/${file}`,
      'x-linked-size': String(bytes.length),
      'x-linked-etag': `"${createHash('sha256').update(bytes).digest('hex')}"`,
    })
    response.end()
  }

  function answerStore(request: IncomingMessage, response: ServerResponse): void {
    note(request)
    const whole = hub.files.get((request.url ?? '').replace(/^\//, ''))
    if (!whole) return void response.writeHead(404).end()
    const problem = fault('cut', 'wrong', 'stall', 'longer')
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    const bytes = problem === 'wrong' ? whole.map((byte) => byte ^ 1) : whole
    const rest = problem === 'longer' ? Buffer.concat([bytes, Buffer.alloc(64)]) : bytes.subarray(start)
    const headers = { 'content-length': String(rest.length), etag: '"store"' }
    if (start > 0)
      response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${whole.length - 1}/${whole.length}` })
    else response.writeHead(200, headers)
    if (problem !== 'cut' && problem !== 'stall') return void response.end(rest)
    // A client loses what it has not read when the connection ends, so it gets time to read.
    response.write(rest.subarray(0, Math.floor(rest.length / 2)), () => {
      if (problem === 'cut') setTimeout(() => response.destroy(), CUT_AFTER_MS)
    })
  }

  async function close(): Promise<void> {
    for (const server of [front, store]) {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
  return hub
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
