import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { StompClient } from '../../src/broker/client/stomp-client.ts'
import { collect, got } from '../support/deliveries.ts'
import { freeze } from '../support/frozen-client.ts'
import { until } from '../support/wait.ts'

/** A running broker that the contract is held against. */
export type Subject = {
  port: number
  /** Ends it and starts it again at the same port. */
  restart(): Promise<void>
  stop(): Promise<void>
  /** What it says of its queues, for a test that failed. */
  queues?(): Promise<string>
}

export type Traits = {
  name: string
  start(): Promise<Subject>
  /** Keeps persistent messages over a restart. */
  isDurable: boolean
  /** Gives a refused message to somebody else; some brokers throw it away. */
  refusesToOthers: boolean
}

const BEATS = { outMs: 1_000, inMs: 1_000 }

/** A broker that starts accepts connections before it serves them, so a client may have to reconnect, up to 22 s later. */
const AFTER_RESTART = { timeoutMs: 60_000 }
/** RabbitMQ may save late which queues there are: in one run of many a queue this young was lost after a SIGKILL. */
const QUEUE_SAVED_MS = 3_000

/** Tests what the program asks of a STOMP broker. */
export function testBrokerContract({ name, start, isDurable, refusesToOthers }: Traits): void {
  describe(`${name} as the broker`, () => {
    let subject: Subject
    const open: StompClient[] = []
    let queues = 0
    const newQueue = () => `/queue/contract-${process.pid}-${++queues}`

    before(async () => {
      subject = await start()
    })
    after(async () => {
      await Promise.all(open.map((broker) => broker.close()))
      await subject.stop()
    })

    const said: string[] = []
    async function client(changes: { password?: string; isReady?: boolean } = {}): Promise<StompClient> {
      const broker = new StompClient({
        address: {
          host: '127.0.0.1',
          port: subject.port,
          user: 'admin',
          password: changes.password ?? 'admin',
          vhost: '/',
          tls: false,
        },
        heartbeats: BEATS,
        log: { info: () => undefined, warn: (message) => said.push(message) },
      })
      open.push(broker)
      if (changes.isReady !== false) await broker.whenConnected()
      return broker
    }

    test('a confirmed message reaches a subscriber with every character intact', async () => {
      const queue = newQueue()
      const deliveries = collect(await client(), queue)
      const body = JSON.stringify({ words: 'Ünïcödé — 日本語 🎤', lines: 'a\nb:c\\d' })
      await (await client()).publish({ destination: queue, body, persistent: true })
      await got(deliveries, 1)
      assert.equal(deliveries[0]?.body, body)
      assert.equal(deliveries[0]?.redelivered, false)
      assert.equal(await deliveries[0]?.ack(), true)
    })

    test('a subscriber gets no more messages than its prefetch until it sends an ACK', async () => {
      const queue = newQueue()
      const sender = await client()
      for (const body of ['1', '2', '3']) await sender.publish({ destination: queue, body, persistent: true })
      const deliveries = collect(await client(), queue)
      await got(deliveries, 1)
      await setTimeout(200)
      assert.deepEqual(
        deliveries.map(({ body }) => body),
        ['1'],
      )
      await deliveries[0]?.ack()
      await got(deliveries, 2)
      assert.equal(deliveries[1]?.body, '2')
    })

    test('a message is settled once, although ack and nack are called again', async () => {
      const queue = newQueue()
      const deliveries = collect(await client(), queue)
      await (await client()).publish({ destination: queue, body: 'once', persistent: true })
      await got(deliveries, 1)
      assert.equal(await deliveries[0]?.ack(), true)
      assert.equal(await deliveries[0]?.ack(), false)
      assert.equal(await deliveries[0]?.nack(), false)
    })

    const refused = refusesToOthers
      ? 'a refused message goes to another subscriber, marked as redelivered'
      : 'a refused message is thrown away: with this broker the ledger has to offer the job again'
    test(refused, async () => {
      const queue = newQueue()
      const sick = collect(await client(), queue)
      await (await client()).publish({ destination: queue, body: 'refused', persistent: true })
      await got(sick, 1)
      const healthy = collect(await client(), queue)
      await setTimeout(100) // both are subscribed
      await sick[0]?.nack()
      if (!refusesToOthers) {
        await setTimeout(1_000)
        assert.deepEqual([sick.length, healthy.length], [1, 0])
        return
      }
      const other = await until('the other one has it', async () => {
        // RabbitMQ may ask the first one again; it keeps refusing.
        for (const delivery of sick.slice(1)) await delivery.nack()
        return healthy[0]
      })
      assert.equal(other.body, 'refused')
      assert.equal(other.redelivered, true)
      await other.ack()
    })

    test('unacknowledged messages of a connection that ends go to the next subscriber at once', async () => {
      const queue = newQueue()
      const dying = await client()
      const held = collect(dying, queue)
      await (await client()).publish({ destination: queue, body: 'held', persistent: true })
      await got(held, 1)
      const next = collect(await client(), queue)
      const startedAt = performance.now()
      await dying.close()
      await got(next, 1)
      assert.ok(performance.now() - startedAt < 1_000, 'redelivered within a second')
      assert.equal(next[0]?.redelivered, true)
      assert.equal(await held[0]?.ack(), false)
      await next[0]?.ack()
    })

    test('unacknowledged messages of a subscriber that has fallen silent go to the next one', async () => {
      const queue = newQueue()
      const frozen = await freeze(subject.port, queue)
      await (await client()).publish({ destination: queue, body: 'silent', persistent: true })
      await frozen.received
      const next = collect(await client(), queue)
      await until('the message was given to somebody else', () => next.length > 0, { timeoutMs: 15_000 })
      assert.equal(next[0]?.body, 'silent')
      assert.equal(next[0]?.redelivered, true)
      await next[0]?.ack()
      frozen.end()
    })

    test('a topic reaches every subscriber, also one with an unacknowledged job', async () => {
      const queue = newQueue()
      const topic = `/topic/contract-${process.pid}`
      const busy = await client()
      const job = collect(busy, queue)
      await (await client()).publish({ destination: queue, body: 'job', persistent: true })
      await got(job, 1)
      const heard = [busy, await client()].map((broker) => collect(broker, topic, { ack: 'auto', prefetch: 16 }))
      await setTimeout(200) // a topic keeps nothing for those who come later
      await (await client()).publish({ destination: topic, body: 'reset' })
      for (const deliveries of heard) await got(deliveries, 1)
      await job[0]?.ack()
    })

    // Where refused messages are thrown away, the ledger offers the job again.
    if (refusesToOthers)
      test('a message whose handler throws is not lost', async () => {
        const queue = newQueue()
        let calls = 0
        const broker = await client()
        broker.subscribe({
          destination: queue,
          prefetch: 1,
          ack: 'client-individual',
          onDelivery: async (delivery) => {
            if (++calls === 1) throw new Error('once')
            await delivery.ack()
          },
        })
        await (await client()).publish({ destination: queue, body: 'again', persistent: true })
        await until('it was handled at the second call', () => calls === 2)
      })

    test('a wrong password is logged with the settings to check, and keeps nobody else out', async () => {
      said.length = 0
      const stranger = await client({ password: 'wrong', isReady: false })
      await until('it was told', () => said.some((line) => line.includes('BROKER_PASSWORD')))
      assert.equal(stranger.connected, false)
      await stranger.close()
      assert.equal((await client()).connected, true)
    })

    test('garbage ends only the connection it came on', async () => {
      const garbage = [
        Buffer.from('\0\x01\x02 no stomp \n\n\0'),
        Buffer.from('CONNECT\nbad header\n\n\0'),
        Buffer.alloc(200_000, 0x61),
      ]
      for (const bytes of garbage) {
        const socket = connect({ host: '127.0.0.1', port: subject.port })
        socket.on('error', () => undefined)
        socket.resume()
        const closed = new Promise((resolve) => socket.once('close', resolve))
        socket.write(bytes)
        if (name === 'The embedded broker') await closed
        socket.destroy()
      }
      const queue = newQueue()
      const deliveries = collect(await client(), queue)
      await (await client()).publish({ destination: queue, body: 'fine', persistent: true })
      await got(deliveries, 1)
      await deliveries[0]?.ack()
    })

    test('after a restart of the broker all clients reconnect, and a durable broker has every confirmed message', async () => {
      const queue = newQueue()
      const sender = await client()
      const receiver = await client()
      await sender.publish({ destination: queue, body: 'kept', persistent: true })
      await setTimeout(QUEUE_SAVED_MS)
      await subject.restart()
      const deliveries = collect(receiver, queue)
      await until('both are connected again', () => sender.connected && receiver.connected, AFTER_RESTART)
      if (isDurable) {
        await until('what was kept is there', () => deliveries.length > 0, AFTER_RESTART).catch(async (error) => {
          const queues = await subject.queues?.()
          throw new Error(`${queue}: ${said.join('\n')}\n${queues}`, { cause: error })
        })
        assert.equal(deliveries[0]?.body, 'kept')
        await deliveries[0]?.ack()
      }
      await sender.publish({ destination: queue, body: 'new', persistent: true })
      await until('the new message is there', () => deliveries.some(({ body }) => body === 'new'), AFTER_RESTART)
    })
  })
}
