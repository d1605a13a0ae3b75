import { createServer, type Server, type Socket } from 'node:net'
import { networkOf } from '../../platform/client-network.ts'
import { Destinations } from './destinations.ts'
import { type Credentials, LoginGuard } from './login-guard.ts'
import { Peer } from './peer.ts'
import { PendingLogins } from './pending-logins.ts'

export type EmbeddedBroker = { host: string; port: number; close(): Promise<void> }

/** The most peers that are logged in. A worker has two connections. */
const MAX_PEERS = 1024

/**
 * A STOMP 1.1/1.2 broker for one machine or one home, inside the server's process. It has topics, heart-beats, receipts, and
 * queues to which the messages of a disconnected subscriber return. It stores nothing on disk, because the ledger holds the
 * state. Rejects with EADDRINUSE when the port is taken.
 */
export async function startEmbeddedBroker({
  host,
  port,
  warn = () => undefined,
  ...credentials
}: Credentials & { host: string; port: number; warn?(message: string): void }): Promise<EmbeddedBroker> {
  const destinations = new Destinations()
  const pending = new PendingLogins()
  const peers = new Set<Peer>()
  const login = new LoginGuard(credentials, (network) =>
    warn(`Broker: many wrong passwords come from ${network}; for a minute its passwords are not checked.`),
  )
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const { remoteAddress } = socket
    if (remoteAddress === undefined) {
      socket.destroy() // it has closed already
      return
    }
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    const peer = new Peer({
      socket,
      network: networkOf(remoteAddress),
      destinations,
      login,
      onLogin() {
        pending.remove(peer)
        if (peers.size >= MAX_PEERS) return `at most ${MAX_PEERS} peers are let in`
        peers.add(peer)
        return null
      },
      onClose() {
        pending.remove(peer)
        peers.delete(peer)
      },
      onLimit: (reason) => warn(`Broker: a peer was closed. ${reason}`),
    })
    pending.add(peer)
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
      destinations.close()
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
