import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { StompClient } from '../../../src/broker/client/stomp-client.ts'
import { type EmbeddedBroker, startEmbeddedBroker } from '../../../src/broker/embedded/embedded-broker.ts'
import { collect, got } from '../../support/deliveries.ts'
import { confirmed, frame, logIn, type StompPeer } from '../../support/stomp-peer.ts'
import { until } from '../../support/wait.ts'

const MEBIBYTE = 2 ** 20
const KILOBYTES_60 = 'a'.repeat(60_000)
/** More than the broker keeps for one peer, and for all of them; all of it is never sent. */
const FRAMES_OF_256_MIB = 4_473
/** A 3-hour song has 2,900 jobs; the server invites to two for every worker. */
const JOBS = 2_900
const WORKERS = 64

describe('a peer with the password cannot take the memory of the embedded broker', () => {
  let broker: EmbeddedBroker
  let open: { close(): void | Promise<void> }[]
  const said: string[] = []

  beforeEach(async () => {
    said.length = 0
    broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0, user: 'admin', password: 'admin' })
    open = []
  })
  afterEach(async () => {
    await Promise.all(open.map((each) => each.close()))
    await broker.close()
  })

  async function hostile(): Promise<StompPeer> {
    const peer = await logIn(broker.port)
    open.push({ close: () => peer.end() })
    return peer
  }

  /** As the server and the workers have it; what it complains of is in `said`. */
  async function honest(): Promise<StompClient> {
    const client = new StompClient({
      address: { host: '127.0.0.1', port: broker.port, user: 'admin', password: 'admin', vhost: '/', tls: false },
      heartbeats: { outMs: 0, inMs: 0 },
      log: { info: () => undefined, warn: (message) => said.push(message) },
    })
    open.push(client)
    await client.whenConnected()
    return client
  }

  async function assertRefused(peer: StompPeer, words: RegExp): Promise<void> {
    await until('the connection is ended', () => peer.isClosed())
    assert.match(peer.said().slice(-500), words)
  }

  test('a transaction that is never committed ends with an ERROR when it takes a few MiB', async () => {
    const peer = await hostile()
    const before = process.memoryUsage.rss()
    peer.send(frame('BEGIN', { transaction: 't' }))
    const sent = await peer.flood(FRAMES_OF_256_MIB, () =>
      frame('SEND', { destination: '/queue/a', transaction: 't' }, KILOBYTES_60),
    )
    await assertRefused(peer, /ERROR\nmessage:limit reached\n[\s\S]*at most 16 MiB for one peer/)
    assert.ok(sent < 64 * MEBIBYTE, `${sent} bytes were taken`)
    assert.ok(process.memoryUsage.rss() - before < 128 * MEBIBYTE, 'memory stays bounded')
  })

  test('small frames with many headers are charged for more than their bytes, and end with an ERROR as well', async () => {
    const peer = await hostile()
    const headers = Array.from({ length: 90 }, (_, index) => `${index}:\n`).join('')
    peer.send(frame('BEGIN', { transaction: 't' }))
    const sent = await peer.flood(200_000, () => `SEND\ntransaction:t\ndestination:/queue/a\n${headers}\n\0`)
    await assertRefused(peer, /limit reached/)
    assert.ok(sent < 32 * MEBIBYTE, `${sent} bytes were taken`)
  })

  test('a peer has a limited number of transactions, subscriptions and queues', async () => {
    const many: Record<string, (index: number) => string> = {
      transactions: (index) => frame('BEGIN', { transaction: `t${index}` }),
      subscriptions: (index) => frame('SUBSCRIBE', { id: `s${index}`, destination: '/topic/a' }),
      queues: (index) => frame('SEND', { destination: `/queue/${index}` }, 'x'),
    }
    for (const [what, frameOf] of Object.entries(many)) {
      const peer = await hostile()
      await peer.flood(2_000, frameOf)
      await assertRefused(peer, new RegExp(`limit reached[\\s\\S]*${what}`))
    }
  })

  test('an empty queue without subscribers is removed, so a peer may use thousands one after the other', async () => {
    const peer = await hostile()
    await peer.flood(2_000, (index) => {
      const destination = `/queue/${index}`
      return (
        frame('SEND', { destination }, 'x') +
        frame('SUBSCRIBE', { id: 's', destination }) +
        frame('UNSUBSCRIBE', { id: 's' })
      )
    })
    assert.doesNotMatch(await confirmed(peer), /ERROR/)
    assert.equal(peer.said().split('MESSAGE\n').length - 1, 2_000)
  })

  test('a peer that fills a queue is closed, and others can still send to it', async () => {
    const fillers = [await hostile(), await hostile()]
    const fill = () => frame('SEND', { destination: '/queue/jobs' }, KILOBYTES_60)
    // The second one finds the queue all but full, and has less in it than the first.
    await fillers[0]?.flood(130, fill)
    await fillers[1]?.flood(64, fill)
    await until('one of them is closed', () => fillers.some((peer) => peer.isClosed()))
    const server = await honest()
    for (const body of ['1', '2', '3']) await server.publish({ destination: '/queue/jobs', body, persistent: true })
    assert.deepEqual(said, [])
  })

  test('when all peers together take too much, the one with the most is closed, and honest work goes on', async () => {
    const before = process.memoryUsage.rss()
    const server = await honest()
    const deliveries = collect(await honest(), '/queue/jobs', { prefetch: 100 })
    const fillers = await Promise.all(Array.from({ length: 12 }, () => hostile()))
    for (const [index, peer] of fillers.entries()) {
      await peer.flood(120, () => frame('SEND', { destination: `/queue/${index}` }, KILOBYTES_60))
      await server.publish({ destination: '/queue/jobs', body: String(index), persistent: true })
      await got(deliveries, index + 1)
      await deliveries[index]?.ack()
    }
    await until('some of them are closed', () => fillers.filter((peer) => peer.isClosed()).length >= 4)
    assert.ok(fillers.every((peer) => !peer.isClosed() || peer.said().includes('limit reached')))
    assert.deepEqual(said, [])
    assert.ok(process.memoryUsage.rss() - before < 256 * MEBIBYTE, 'memory stays bounded')
  })

  test('a subscriber that never reads is closed at once, with everything that waits for it', async () => {
    const deaf = await hostile()
    deaf.send(frame('SUBSCRIBE', { id: 's', destination: '/topic/news' }))
    await confirmed(deaf)
    deaf.socket.pause()
    const sender = await hostile()
    await sender.flood(500, () => frame('SEND', { destination: '/topic/news' }, KILOBYTES_60))
    await confirmed(sender)
    // A broker ends when its last socket is closed.
    const isClosed = await Promise.race([
      broker.close().then(() => true),
      new Promise((resolve) => setTimeout(resolve, 10_000, false).unref()),
    ])
    assert.equal(isClosed, true)
  })

  test('a subscriber that acknowledges nothing gets one mebibyte, whatever its prefetch, and others get the rest', async () => {
    const greedy = await hostile()
    greedy.send(
      frame('SUBSCRIBE', { id: 's', destination: '/queue/a', ack: 'client-individual', 'prefetch-count': '1000' }),
    )
    await confirmed(greedy)
    const server = await honest()
    for (let index = 0; index < 20; index++)
      await server.publish({ destination: '/queue/a', body: KILOBYTES_60, persistent: true })
    await until('it holds some', () => greedy.said().length > 0.4 * MEBIBYTE)
    let others = 0
    const other = await honest()
    other.subscribe({
      destination: '/queue/a',
      prefetch: 1,
      ack: 'client-individual',
      onDelivery: async (delivery) => {
        await delivery.ack()
        others++
      },
    })
    await until('others have the rest', () => others >= 11)
  })

  test('a message that no client could read is refused, and reaches nobody', async () => {
    const deliveries = collect(await honest(), '/queue/jobs', { prefetch: 10 })
    const unreadable = [
      frame('SEND', { destination: '/queue/jobs' }, 'a'.repeat(65_480)),
      frame('SEND', { destination: '/queue/jobs', long: 'a'.repeat(7_900) }, 'x'),
      frame('SEND', { destination: '/queue/jobs', long: ':'.repeat(5_000) }, 'x'),
    ]
    for (const text of unreadable) {
      const peer = await hostile()
      peer.send(text)
      await assertRefused(peer, /ERROR/)
    }
    const server = await honest()
    const longest = 'a'.repeat(60 * 1024) // more than that our client does not send
    await server.publish({ destination: '/queue/jobs', body: longest, persistent: true })
    await got(deliveries, 1)
    assert.equal(deliveries[0]?.body, longest)
    assert.deepEqual(said, [])
  })

  test('64 workers with all jobs of a 3-hour song stay below every limit', async () => {
    const server = await honest()
    const body = JSON.stringify({ invitation: 'x'.repeat(1_000) })
    await Promise.all(
      Array.from({ length: JOBS }, () => server.publish({ destination: '/queue/jobs', body, persistent: true })),
    )
    const news = collect(server, '/queue/results', { prefetch: 64 })
    let done = 0
    for (let index = 0; index < WORKERS; index++) {
      const worker = await honest()
      for (let model = 0; model < 4; model++) collect(worker, `/queue/model-${model}`)
      collect(worker, '/topic/control', { ack: 'auto', prefetch: 64 })
      worker.subscribe({
        destination: '/queue/jobs',
        prefetch: 1,
        ack: 'client-individual',
        async onDelivery(delivery) {
          void worker.publish({ destination: '/queue/results', body: 'done', persistent: true })
          await delivery.ack()
          done++
        },
      })
    }
    await until('all jobs are done', () => done === JOBS, { timeoutMs: 60_000 })
    await until('the server has heard of some', () => news.length === 64)
    assert.deepEqual(said, [])
  })
})
