import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What goes wrong, for the next so many answers. */
export type Fault = {
  kind: 'cut' | 'wrong' | 'too-many' | 'unauthorized' | 'missing' | 'stall' | 'longer'
  times: number
}

const CUT_AFTER_MS = 300

export type FakeHub = {
  url: string
  /** Where the bytes are. */
  storeUrl: string
  /** Paths as `organisation/repository/file.onnx`. */
  files: Map<string, Uint8Array>
  faults: Fault[]
  /** Wanted of everybody; null: nobody needs one. */
  token: string | null
  /** What was asked for: method, path, and the headers that matter. */
  asked: { method: string; path: string; range: string | undefined; token: string | undefined; host: string }[]
  close(): Promise<void>
}

/**
 * A server that behaves like the Hugging Face hub: says a large file's hash and size in the headers of an answer that
 * redirects to another host, where the bytes are, in ranges. With the faults such things have.
 * @param storeUrl what it calls that host, where not by its address
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
    // What the client has not read when the connection goes is lost to it: it gets the time to read.
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
