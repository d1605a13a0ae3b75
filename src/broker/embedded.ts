import { createServer, type Server, type Socket } from 'node:net'
import { networkOf } from '../song/network.ts'
import { type Credentials, EmbeddedLogin } from './embedded-login.ts'
import { EmbeddedPeer } from './embedded-peer.ts'
import { EmbeddedQueues } from './embedded-queues.ts'
import { EmbeddedStrangers } from './embedded-strangers.ts'

export type EmbeddedBroker = { host: string; port: number; close(): Promise<void> }

/** Peers that have logged in: two of each worker. */
const MOST_PEERS = 1024

/**
 * A STOMP 1.1/1.2 broker for one machine or one living room, inside the server's process: queues whose messages come
 * back when their holder dies, topics, heart-beats, receipts. It keeps nothing on disk: the ledger is the truth.
 * Rejects with EADDRINUSE when the port is taken.
 */
export async function startEmbeddedBroker({
  host,
  port,
  warn = () => undefined,
  ...credentials
}: Credentials & { host: string; port: number; warn?(message: string): void }): Promise<EmbeddedBroker> {
  const queues = new EmbeddedQueues()
  const strangers = new EmbeddedStrangers()
  const peers = new Set<EmbeddedPeer>()
  const login = new EmbeddedLogin(credentials, (network) =>
    warn(`Broker: many wrong passwords come from ${network}; for a minute none of its is looked at.`),
  )
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const { remoteAddress } = socket
    if (remoteAddress === undefined) {
      socket.destroy() // it is gone already
      return
    }
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    const peer = new EmbeddedPeer({
      socket,
      network: networkOf(remoteAddress),
      queues,
      login,
      onLogin() {
        strangers.remove(peer)
        if (peers.size >= MOST_PEERS) return `at most ${MOST_PEERS} peers are let in`
        peers.add(peer)
        return null
      },
      onClose() {
        strangers.remove(peer)
        peers.delete(peer)
      },
      onLimit: (reason) => warn(`Broker: a peer was closed. ${reason}`),
    })
    strangers.add(peer)
  })
  await listen(server, host, port)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The embedded broker has no port.')
  return {
    host,
    port: address.port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
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
