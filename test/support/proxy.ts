import { createServer, request } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

export type FakeProxy = {
  url: string
  /** The hosts that it was asked for, with ports. */
  asked: string[]
  close(): Promise<void>
}

/**
 * An HTTP proxy as in a company network: it forwards requests and opens tunnels (CONNECT, RFC 9110 §9.3.6).
 * @param names hosts that only the proxy resolves, with their addresses
 */
export async function startProxy(names: Record<string, string>): Promise<FakeProxy> {
  const asked: string[] = []
  const tunnels = new Set<Socket>()
  const find = (authority: string): URL => {
    asked.push(authority)
    return new URL(names[authority.replace(/:80$/, '')] ?? `http://${authority}`)
  }
  const server = createServer((incoming, answer) => {
    const wanted = new URL(incoming.url ?? '')
    const { hostname, port } = find(wanted.host)
    const outgoing = request(
      { hostname, port, method: incoming.method, path: wanted.pathname + wanted.search, headers: incoming.headers },
      (response) => response.pipe(answer.writeHead(response.statusCode ?? 502, response.headers)),
    )
    outgoing.on('error', () => answer.destroy())
    incoming.pipe(outgoing)
  })
  server.on('connect', (incoming, client) => {
    const { hostname, port } = find(incoming.url ?? '')
    const upstream = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.pipe(client).pipe(upstream)
    })
    for (const socket of [client as Socket, upstream]) {
      tunnels.add(socket)
      socket.on('error', () => socket.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      for (const socket of tunnels) socket.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
