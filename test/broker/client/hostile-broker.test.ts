import assert from 'node:assert/strict'
import { createServer, type Server, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { StompClient } from '../../../src/broker/client/stomp-client.ts'
import { until } from '../../support/wait.ts'

const MEBIBYTE = 2 ** 20
const MAX_GROWTH_BYTES = 32 * MEBIBYTE

/** A broker that answers whatever the test says. */
async function fakeBroker(act: (socket: Socket) => void): Promise<{ port: number; dials(): number; close(): void }> {
  let dials = 0
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    dials++
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => act(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    dials: () => dials,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

const CONNECTED = 'CONNECTED\nversion:1.2\nheart-beat:0,0\n\n\0'

describe('a STOMP client with a hostile broker', () => {
  const harms: Record<string, (socket: Socket) => void> = {
    'random bytes': (socket) => socket.write(Buffer.from([0, 255, 1, 2, 10, 10, 0, 7])),
    'an ERROR instead of CONNECTED': (socket) => socket.write('ERROR\nmessage:go away\n\n\0'),
    'a MESSAGE before CONNECTED': (socket) => socket.write('MESSAGE\nsubscription:x\n\n\0'),
    'a length beyond all bounds': (socket) => socket.write(`${CONNECTED}MESSAGE\ncontent-length:1000000000000\n\nabc`),
    'a length that is none': (socket) => socket.write(`${CONNECTED}MESSAGE\ncontent-length:abc\n\nabc\0`),
    'a header line of 100 MB': (socket) => {
      socket.write(CONNECTED)
      const block = Buffer.alloc(MEBIBYTE, 'a')
      let sent = 0
      const more = (): void => {
        if (sent++ < 100 && !socket.destroyed) socket.write(block, more)
      }
      more()
    },
  }

  for (const [name, harm] of Object.entries(harms)) {
    test(`${name}: the client closes the connection, logs the reason, and reconnects later`, async () => {
      const fake = await fakeBroker(harm)
      const told: string[] = []
      const before = process.memoryUsage.rss()
      const broker = new StompClient({
        address: { host: '127.0.0.1', port: fake.port, user: 'a', password: 'b', vhost: '/', tls: false },
        heartbeats: { outMs: 0, inMs: 0 },
        log: { info: () => undefined, warn: (message) => told.push(message) },
      })
      await until('it was told', () => told.length > 0)
      assert.match(told[0] ?? '', /is not reached: .*trying again/)
      assert.equal(fake.dials(), 2, 'two connections, dialled once each')
      await until('it dials again', () => fake.dials() >= 4)
      assert.ok(process.memoryUsage.rss() - before < MAX_GROWTH_BYTES, 'memory stays bounded')
      await broker.close()
      fake.close()
    })
  }

  test('a message for an unknown subscription is ignored', async () => {
    const fake = await fakeBroker((socket) =>
      socket.write(`${CONNECTED}MESSAGE\nsubscription:nobody\nack:1\n\nhello\0`),
    )
    const broker = new StompClient({
      address: { host: '127.0.0.1', port: fake.port, user: 'a', password: 'b', vhost: '/', tls: false },
      heartbeats: { outMs: 0, inMs: 0 },
      log: { info: () => undefined, warn: (message) => assert.fail(message) },
    })
    await broker.whenConnected()
    await until('both are up', () => broker.connected)
    await broker.close()
    fake.close()
  })
})
