import assert from 'node:assert/strict'
import { CONTRACT, jobsQueue } from '../../../src/song/messages.ts'
import { until } from '../../support/wait.ts'
import { faultSong } from '../oracle.ts'
import type { Row } from '../row.ts'
import { withClient } from './brokers.ts'

/** Programs on the broker that send false messages or have another version. */
export const STRANGER_ROWS: readonly Row[] = [
  {
    number: 27,
    fault: 'hostile invitations: no JSON, another version, a server that is none, endless input, too little input',
    run: ({ withLab }) =>
      withLab({}, async (lab) => {
        const [model] = (await lab.api.workers()).flatMap(({ models }) => models)
        const server = await lab.hostileServer()
        const good = {
          v: CONTRACT,
          jobId: 1,
          generation: 1,
          server,
          serverId: 's',
          run: 1,
          replyTo: '/queue/x',
          token: '12345678',
        }
        const bodies = [
          'no JSON',
          '{}',
          JSON.stringify({ ...good, v: 99 }),
          JSON.stringify({ ...good, server: 'http://127.0.0.1:1' }),
          JSON.stringify({ ...good, server: 'file:///etc/passwd' }),
          JSON.stringify({ ...good, jobId: 2 }),
          JSON.stringify({ ...good, jobId: 3 }),
          JSON.stringify({ ...good, jobId: 4 }),
        ]
        await withClient(lab, async (broker) => {
          for (const body of bodies) {
            await broker.publish({
              destination: jobsQueue(model ?? ''),
              body,
              expirationMs: 20_000,
              signal: AbortSignal.timeout(5_000),
            })
          }
        })
        await lab.add(faultSong(6, 27))
        await lab.assertWhole(120_000)
        assert.match(lab.workLog(), /removed an invitation that cannot be read/)
        assert.match(lab.workLog(), new RegExp(`speaks contract ${CONTRACT}, the server 99`))
        return ''
      }),
  },
  {
    number: 39,
    fault: 'a worker of another version',
    run: ({ withLab }) =>
      withLab({}, async (lab) => {
        await withClient(lab, async (broker) => {
          const presence = {
            v: CONTRACT + 1,
            worker: 'newer',
            host: 'h',
            pid: 1,
            state: 'idle',
            jobId: null,
            serverId: null,
            models: [],
            memoryMb: 1,
            startedAt: 1,
            jobs: 0,
            speed: null,
          }
          await broker.publish({
            destination: '/topic/minus-one.presence',
            body: JSON.stringify(presence),
            signal: AbortSignal.timeout(5_000),
          })
        })
        const said = new RegExp(
          `Worker\\[newer\\] speaks contract ${CONTRACT + 1}, this server ${CONTRACT}: update the older one`,
        )
        await until('both versions are named', () => said.test(lab.system.log()))
        await lab.add(faultSong(3, 39))
        const claim = { v: CONTRACT + 1, generation: 1, token: '12345678', worker: 'newer', delivery: 'd' }
        const answer = await fetch(`${lab.url}/job/1/claim`, { method: 'POST', body: JSON.stringify(claim) })
        assert.equal(answer.status, 403)
        assert.match(
          await answer.text(),
          new RegExp(`The worker speaks contract ${CONTRACT + 1}, this server ${CONTRACT}`),
        )
        await lab.assertWhole()
        return ''
      }),
  },
]
