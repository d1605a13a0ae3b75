import { connect } from 'node:net'
import { until } from './wait.ts'

/** A client that connects, takes one message and then sends nothing more. */
export async function freeze(port: number, queue: string): Promise<{ received: Promise<void>; end(): void }> {
  const socket = connect({ host: '127.0.0.1', port })
  socket.on('error', () => undefined)
  const login = 'CONNECT\naccept-version:1.2\nhost:/\nlogin:admin\npasscode:admin\nheart-beat:1000,1000\n\n\0'
  const subscribe = `SUBSCRIBE\nid:1\ndestination:${queue}\nack:client-individual\nprefetch-count:1\nactivemq.prefetchSize:1\n\n\0`
  socket.write(login)
  await until('we are let in', () => socket.bytesRead > 0)
  socket.write(subscribe)
  const received = new Promise<void>((resolve) => {
    socket.on('data', (bytes) => {
      if (bytes.includes('MESSAGE')) resolve()
    })
  })
  return { received, end: () => socket.destroy() }
}
