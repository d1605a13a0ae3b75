import { createServer, type Server } from 'node:net'
import { EmbeddedPeer } from './embedded-peer.ts'
import { EmbeddedQueues } from './embedded-queues.ts'

export type EmbeddedBroker = { host: string; port: number; close(): Promise<void> }

const MOST_CONNECTIONS = 1024

/**
 * A STOMP 1.1/1.2 broker for one machine or one living room, inside the server's process: queues whose messages come
 * back when their holder dies, topics, heart-beats, receipts. It keeps nothing on disk: the ledger is the truth.
 * Rejects with EADDRINUSE when the port is taken.
 */
export async function startEmbeddedBroker({
  host,
  port,
  user,
  password,
}: {
  host: string
  port: number
  user: string
  password: string
}): Promise<EmbeddedBroker> {
  const queues = new EmbeddedQueues()
  const peers = new Set<EmbeddedPeer>()
  const server = createServer((socket) => {
    if (peers.size >= MOST_CONNECTIONS) {
      socket.destroy()
      return
    }
    const peer = new EmbeddedPeer({ socket, queues, user, password, onClose: () => peers.delete(peer) })
    peers.add(peer)
  })
  await listen(server, host, port)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The embedded broker has no port.')
  return {
    host,
    port: address.port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const peer of peers) peer.close()
      queues.close()
      await closed
    },
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
