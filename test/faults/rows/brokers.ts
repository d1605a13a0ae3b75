import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { StompClient } from '../../../src/broker/client/stomp-client.ts'
import { until } from '../../support/wait.ts'
import type { Lab } from '../lab.ts'
import { faultSong } from '../oracle.ts'
import { unharmed, untilHealthSays } from '../outage.ts'
import type { Row } from '../row.ts'

const ONLY_RABBITMQ = ['rabbitmq'] as const
const GAP_MS = 300_000
const SONG_EVERY_MS = 30_000

function rabbitmqOf(lab: Lab) {
  assert.ok(lab.rabbitmq)
  return lab.rabbitmq
}

/** Runs `work` with a STOMP client of the lab's broker. */
export async function withClient<T>(lab: Lab, work: (broker: StompClient) => Promise<T>): Promise<T> {
  const broker = new StompClient({
    address: {
      host: '127.0.0.1',
      port: lab.brokerPort,
      user: 'admin',
      password: lab.rabbitmq ? 'admin' : lab.password,
      vhost: '/',
      tls: false,
    },
    heartbeats: { outMs: 2_000, inMs: 2_000 },
    log: { info: () => undefined, warn: () => undefined },
  })
  try {
    await broker.whenConnected()
    return await work(broker)
  } finally {
    await broker.close()
  }
}

export const BROKER_ROWS: readonly Row[] = [
  {
    number: 12,
    fault: 'the broker killed and started again; then stopped for ten seconds',
    isPriority: true,
    brokers: ONLY_RABBITMQ,
    run: ({ withLab }) =>
      withLab({}, async (lab) => {
        const rabbitmq = rabbitmqOf(lab)
        const id = await lab.add(faultSong(15, 120))
        await lab.done(id, 2)
        await rabbitmq.kill()
        await rabbitmq.start()
        await lab.assertWhole()
        const second = await lab.add(faultSong(15, 121))
        await lab.done(second, 2)
        const before = lab.workLog().length
        await rabbitmq.stop()
        await sleep(10_000)
        await rabbitmq.start()
        await lab.assertWhole()
        const dials = (
          lab
            .workLog()
            .slice(before)
            .match(/not reached|refused|lost/gi) ?? []
        ).length
        assert.ok(dials < 40, `no storm of dials: ${dials}`)
        return ''
      }),
  },
  {
    number: 13,
    fault: 'the broker comes ten seconds after everybody else',
    brokers: ONLY_RABBITMQ,
    run: ({ withLab }) =>
      withLab({ workers: 0, startsBroker: false }, async (lab) => {
        lab.startWork({ workers: 2 })
        const id = await lab.add(faultSong(6, 13))
        const health = await fetch(`${lab.url}/healthz`)
        assert.equal(health.status, 503)
        assert.match(await health.text(), /The broker is not reached/)
        await sleep(10_000)
        await rabbitmqOf(lab).start()
        await lab.api.ready(id)
        await lab.assertWhole()
        return ''
      }),
  },
  {
    number: 14,
    fault: 'the broker frozen for 4 heart-beats',
    brokers: ONLY_RABBITMQ,
    run: ({ withLab }) =>
      withLab({}, async (lab) => {
        const rabbitmq = rabbitmqOf(lab)
        const id = await lab.add(faultSong(15, 14))
        await lab.done(id, 2)
        rabbitmq.signal('SIGSTOP')
        await sleep(8_000)
        rabbitmq.signal('SIGCONT')
        await lab.assertWhole()
        await lab.workersAre(2)
        const consumers = await rabbitmq.ctl('list_queues', 'name', 'consumers')
        const jobs = consumers.split('\n').find((line) => line.startsWith('minus-one.jobs'))
        assert.match(jobs ?? '', /\t2$/, 'one subscription for each worker')
        return ''
      }),
  },
  {
    number: 15,
    fault: 'the broker short of memory: it stops to read from publishers',
    brokers: ONLY_RABBITMQ,
    run: ({ withLab }) =>
      withLab({}, async (lab) => {
        const rabbitmq = rabbitmqOf(lab)
        const id = await lab.add(faultSong(15, 15))
        await lab.done(id, 2)
        await rabbitmq.ctl('set_vm_memory_high_watermark', 'absolute', '1MB')
        await sleep(10_000)
        await rabbitmq.ctl('set_vm_memory_high_watermark', '0.4')
        await lab.assertWhole()
        return ''
      }),
  },
  {
    number: 16,
    fault: 'queues purged, then deleted under everybody; then all of its data lost',
    isPriority: true,
    brokers: ONLY_RABBITMQ,
    run: ({ withLab }) =>
      withLab({}, async (lab) => {
        const rabbitmq = rabbitmqOf(lab)
        const queues = async () =>
          (await rabbitmq.ctl('list_queues', 'name')).split('\n').filter((name) => name.startsWith('minus-one.jobs'))
        const id = await lab.add(faultSong(24, 160))
        await lab.done(id, 2)
        for (const queue of await queues()) await rabbitmq.ctl('purge_queue', queue)
        await lab.done(id, 6)
        for (const queue of await queues()) await rabbitmq.ctl('delete_queue', queue)
        await lab.assertWhole()
        const second = await lab.add(faultSong(15, 161))
        await lab.done(second, 2)
        await rabbitmq.kill()
        await rabbitmq.wipe()
        await rabbitmq.start()
        await lab.assertWhole()
        return ''
      }),
  },
  {
    number: 17,
    fault: 'the broker takes a message back after half a second (consumer_timeout)',
    brokers: ONLY_RABBITMQ,
    run: ({ withLab }) =>
      withLab({}, async (lab) => {
        // By default it checks once a minute.
        await rabbitmqOf(lab).ctl(
          'eval',
          'application:set_env(rabbit, channel_tick_interval, 500), application:set_env(rabbit, consumer_timeout, 1000).',
        )
        const id = await lab.add(faultSong(9, 17))
        const { pid } = await lab.busy()
        process.kill(pid, 'SIGSTOP')
        await sleep(4_000)
        process.kill(pid, 'SIGCONT')
        await rabbitmqOf(lab).ctl('eval', 'application:set_env(rabbit, consumer_timeout, 1800000).')
        await lab.api.ready(id)
        await lab.assertWhole()
        return ''
      }),
  },
  {
    number: 18,
    fault: 'a wrong password, then the right one; a user without permissions, then with them',
    brokers: ONLY_RABBITMQ,
    run: ({ withLab }) =>
      withLab({ workers: 0 }, async (lab) => {
        const rabbitmq = rabbitmqOf(lab)
        await rabbitmq.ctl('add_user', 'other', 'one')
        const wrong = lab.startWork({ settings: { BROKER_USER: 'other', BROKER_PASSWORD: 'two' } })
        await until('it says what to look at', () => /BROKER_USER, BROKER_PASSWORD/.test(wrong.log()), {
          timeoutMs: 30_000,
        })
        await rabbitmq.ctl('change_password', 'other', 'two')
        await sleep(3_000)
        await rabbitmq.ctl('set_permissions', 'other', '.*', '.*', '.*')
        await lab.workersAre(1)
        await lab.add(faultSong(3, 18))
        await lab.assertWhole()
        return ''
      }),
  },
  {
    number: 38,
    fault: 'two servers on one RabbitMQ, both busy, one is reset',
    isPriority: true,
    brokers: ONLY_RABBITMQ,
    run: ({ withLab }) =>
      withLab({}, async (lab) => {
        const other = await lab.secondServer()
        const song = faultSong(12, 380)
        const id = await lab.add(song)
        const theirs = await other.api.upload(song.wav, 'theirs.wav')
        await other.api.keep(theirs.music_id, ['vocals'])
        await lab.done(id, 3)
        await other.api.json('/reset', { method: 'POST' })
        assert.deepEqual(await other.api.json('/music'), [])
        await lab.assertWhole()
        const again = await other.api.upload(faultSong(3, 381).wav, 'again.wav')
        await other.api.keep(again.music_id, ['vocals'])
        await other.api.ready(again.music_id)
        return ''
      }),
  },
  {
    number: 46,
    fault: 'RabbitMQ is away for five minutes while songs come in',
    brokers: ONLY_RABBITMQ,
    maxMs: 2 * GAP_MS,
    run: ({ withLab }) =>
      withLab({}, (lab) =>
        unharmed(lab, async () => {
          const id = await lab.add(faultSong(15, 460))
          await lab.done(id, 2)
          await rabbitmqOf(lab).stop()
          const endsAt = performance.now() + GAP_MS
          let count = 1
          for (; performance.now() < endsAt; count++) {
            await lab.add(faultSong(3, 460 + count))
            await untilHealthSays(lab, /The broker is not reached/)
            await sleep(SONG_EVERY_MS)
          }
          await rabbitmqOf(lab).start()
          const startedAt = performance.now()
          const sums = await lab.assertWhole(180_000)
          for (const { failed } of sums) assert.equal(failed, 0)
          return `${count} songs done ${Math.round((performance.now() - startedAt) / 1000)} s after its return`
        }),
      ),
  },
]
