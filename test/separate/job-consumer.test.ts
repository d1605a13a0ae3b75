import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Delivery, NewSubscription } from '../../src/broker/contract.ts'
import { JobConsumer } from '../../src/separate/job-consumer.ts'
import { CONTRACT, CONTROL_TOPIC, type Invitation, jobsQueue } from '../../src/song/messages.ts'
import { freePort } from '../support/ports.ts'
import { until } from '../support/wait.ts'

const MODEL = 'model-1'
const INVITATION: Invitation = {
  v: CONTRACT,
  kind: 'separate',
  jobId: 1,
  generation: 1,
  /** Nothing listens there: a worker that claims a job gives it back. */
  server: `http://127.0.0.1:${await freePort()}`,
  serverId: 'server-1',
  run: 1,
  replyTo: '/queue/results',
  token: 'a-token-of-a-job',
}

describe('a worker that takes invitations', () => {
  let close: () => Promise<void> = async () => undefined
  afterEach(() => close())

  /** A worker, with a broker that is a list of subscriptions. `faults` are thrown by its log, one for each line. */
  function startWorker({
    faults = [],
    unsubscribeMs = 0,
    pauseMs = 1_000,
  }: {
    faults?: Error[]
    unsubscribeMs?: number
    pauseMs?: number
  } = {}) {
    const subscriptions: NewSubscription[] = []
    const lines: string[] = []
    /** Subscriptions and releases in their order. */
    const steps: string[] = []
    let releases = 0
    const broker = {
      connected: true,
      whenConnected: () => Promise.resolve(),
      publish: () => Promise.resolve(),
      subscribe(subscription: NewSubscription) {
        subscriptions.push(subscription)
        steps.push(`subscribe ${subscription.destination}`)
        return {
          async unsubscribe() {
            await setTimeout(unsubscribeMs)
            subscriptions.splice(subscriptions.indexOf(subscription), 1)
          },
        }
      },
      releaseDeliveries() {
        releases++
        steps.push('release')
      },
      close: () => Promise.resolve(),
    }
    const write = (...said: unknown[]) => {
      const fault = faults.shift()
      if (fault) throw fault
      lines.push(String(said.at(-1)))
    }
    const consumer = new JobConsumer({
      broker,
      worker: 'worker-1',
      host: 'host-1',
      models: {
        usable: [MODEL],
        memoryMb: 1_000,
        offer: () => false,
        kinds: ['separate'],
        workOf: () => Promise.reject(new Error('not reached')),
      },
      log: { info: write, warn: write },
      pauseBackoff: { firstMs: pauseMs, maxMs: pauseMs },
    })
    close = () => consumer.close()

    async function deliver(destination: string, body: unknown): Promise<string[]> {
      const settled: string[] = []
      const delivery: Delivery = {
        body: JSON.stringify(body),
        headers: {},
        redelivered: false,
        ack: async () => settled.push('ack') > 0,
        nack: async () => settled.push('nack') > 0,
      }
      await subscriptions.find((each) => each.destination === destination)?.onDelivery(delivery)
      return settled
    }
    return { lines, steps, releases: () => releases, invite: deliver.bind(null, jobsQueue(MODEL)), deliver }
  }

  test('follows the next invitation after one whose handling has thrown', async () => {
    const { invite, lines } = startWorker({ faults: [new Error('no space left for the log')] })
    await assert.rejects(invite(INVITATION), /no space left for the log/)
    await invite({ ...INVITATION, jobId: 2 })
    assert.match(lines.join('\n'), /Job\[2\] - given back: cannot reach/)
  })

  test('pauses once for all invitations of a contract that it does not speak', async () => {
    const { invite, lines, releases } = startWorker()
    const newer = { ...INVITATION, v: CONTRACT + 1 }
    await Promise.all([invite(newer), invite({ ...newer, jobId: 2 }), invite({ ...newer, jobId: 3 })])
    assert.deepEqual(
      lines.filter((line) => line.includes('pauses')),
      ['Worker[worker-1] pauses for 1 s.'],
    )
    assert.equal(releases(), 1)
  })

  test('gives an invitation of contract 2 back, although that contract named no kind of job', async () => {
    const { invite, lines, releases } = startWorker()
    const { kind: _, ...older } = { ...INVITATION, v: 2 }
    assert.deepEqual(await invite(older), [])
    assert.match(lines.join('\n'), new RegExp(`speaks contract ${CONTRACT}, the server 2: update the older one`))
    assert.equal(releases(), 1)
  })

  test('subscribes again only after it has released what it held, even if the broker is slow to unsubscribe', async () => {
    const { invite, steps } = startWorker({ pauseMs: 10, unsubscribeMs: 50 })
    steps.length = 0
    await invite(INVITATION)
    await until('it has subscribed again', () => steps.includes(`subscribe ${jobsQueue(MODEL)}`))
    assert.deepEqual(steps, ['release', `subscribe ${jobsQueue(MODEL)}`])
  })

  test('removes an invitation that it cannot read from the queue', async () => {
    const { invite } = startWorker()
    assert.deepEqual(await invite({ nonsense: true }), ['ack'])
  })

  test('ignores a control message that it cannot read', async () => {
    const { deliver } = startWorker()
    assert.deepEqual(await deliver(CONTROL_TOPIC, { nonsense: true }), [])
  })
})
