import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../support/wait.ts'
import { type Hosts, withHosts } from '../hosts.ts'
import { assertWithin } from '../lab.ts'
import { faultSong } from '../oracle.ts'
import type { Ground, Row } from '../row.ts'
import { attemptsOfSong } from './workers.ts'

/** Runs `work` with one worker on another host and one beside the server. The cable to the other host can be broken. */
async function withFarWorkers(
  { withLab }: Ground,
  work: (lab: Parameters<Parameters<Ground['withLab']>[1]>[0], hosts: Hosts, far: string) => Promise<string>,
): Promise<string> {
  return withHosts((hosts) =>
    withLab({ workers: 0, address: hosts.here }, async (lab) => {
      lab.startWork({ workers: 1, before: hosts.there })
      await lab.workersAre(1)
      const [far] = await lab.api.workers()
      lab.startWork({ workers: 1 })
      await lab.workersAre(2)
      return work(lab, hosts, far?.worker ?? '')
    }),
  )
}

export const NETWORK_ROWS: readonly Row[] = [
  {
    number: 9,
    fault: 'the cable cut for 4 heart-beats: both ways, then each way alone',
    isPriority: true,
    run: (ground) =>
      withFarWorkers(ground, async (lab, hosts, far) => {
        const said: string[] = []
        for (const [index, way] of (['both', 'up', 'down'] as const).entries()) {
          const id = await lab.add(faultSong(12, 90 + index))
          await until('the far worker is at it', async () =>
            (await lab.api.workers()).some(({ worker, state }) => worker === far && state === 'busy'),
          )
          const cutAt = Date.now()
          await hosts.cut(way)
          await sleep(8_000)
          await hosts.heal()
          const healedAt = Date.now()
          // More songs are added as long as the near worker might finish all of them first.
          const next = [await lab.add(faultSong(20, 95 + index))]
          const begun = await until('the far worker works again', async () => {
            const { chunks } = await lab.api.progress(next.at(-1) ?? 0)
            if (chunks.done > chunks.total / 2) next.push(await lab.add(faultSong(20, 95 + index)))
            return next.flatMap((each) => attemptsOfSong(lab, each)).find(({ worker }) => worker === far)
          })
          await lab.assertWhole()
          const taken = attemptsOfSong(lab, id).find(({ number, started_at }) => number > 1 && started_at > cutAt)
          if (taken) assertWithin(`the take-over (${way})`, taken.started_at - cutAt, 3 * 2_000 + 3_000)
          // Its PUT may be on the way: after such a cut TCP waits up to 6.4 s until it sends again (RFC 6298), and so
          // does a new connection. The scheduler may delay a worker on the same machine for 1.5 s.
          assertWithin(`the return (${way})`, begun.started_at - healedAt, 10_000)
          said.push(
            `${way}: ${taken ? `taken over after ${taken.started_at - cutAt} ms` : 'it held nothing'}, back ${begun.started_at - healedAt} ms after healing`,
          )
        }
        return said.join('; ')
      }),
  },
  {
    number: 10,
    fault: 'a bad link: 5 % of the packets lost; then 10 Mbit/s; then pieces of 100 bytes',
    run: async (ground) => {
      const far = await withFarWorkers(ground, async (lab, hosts) => {
        await hosts.lose(0.05)
        await lab.add(faultSong(9, 100))
        await lab.assertWhole()
        await hosts.heal()
        await hosts.slow('10mbit')
        const id = await lab.add(faultSong(9, 101))
        const sums = await lab.assertWhole()
        assert.equal(sums.at(-1)?.lost, 0, `song ${id}: no redelivery while bytes flow`)
        return ''
      })
      const chopped = await ground.withLab({ hasWires: true }, async (lab) => {
        assert.ok(lab.stompWire && lab.httpWire)
        lab.stompWire.slowness = { bytes: 100, ms: 5 }
        lab.httpWire.slowness = { bytes: 16_384, ms: 2 }
        await lab.add(faultSong(6, 102))
        const [sums] = await lab.assertWhole()
        assert.equal(sums?.lost, 0)
        return 'no redelivery at 10 Mbit/s, nor in pieces'
      })
      return [far, chopped].filter(Boolean).join('; ')
    },
  },
  {
    number: 11,
    fault: 'resets and half-closed connections in mid frame, mid input, mid PUT',
    isPriority: true,
    run: ({ withLab }) =>
      withLab({ hasWires: true }, async (lab) => {
        assert.ok(lab.stompWire && lab.httpWire)
        const faults = [
          ['http', /POST \/job\/\d+\/claim/, 'up', 'reset'],
          ['http', /octet-stream[\s\S]{100000}/, 'down', 'reset'],
          ['http', /PUT \/job\/\d+\/result[\s\S]{50000}/, 'up', 'reset'],
          ['http', /PUT \/job\/\d+\/result[\s\S]{50000}/, 'up', 'halfClose'],
          ['http', /"attemptToken"/, 'down', 'halfClose'],
          ['stomp', /MESSAGE\n[\s\S]{40}/, 'down', 'reset'],
          ['stomp', /SEND\ndestination:\/queue/, 'up', 'halfClose'],
        ] as const
        for (const [index, [name, seen, direction, how]] of faults.entries()) {
          const wire = name === 'http' ? lab.httpWire : lab.stompWire
          let isDone = false
          wire.meddle = (bytes, passage) => {
            if (isDone || passage.direction !== direction || !seen.test(passage.text)) return bytes
            isDone = true
            if (how === 'reset') passage.reset()
            else passage.halfClose()
            return how === 'reset' ? null : bytes.subarray(0, bytes.length >> 1)
          }
          const id = await lab.add(faultSong(4.5, 110 + index))
          await until(`fault ${index} has happened`, () => isDone, { timeoutMs: 30_000 })
          wire.meddle = null
          await lab.api.ready(id)
        }
        const sums = await lab.assertWhole()
        const failed = sums.reduce((sum, each) => sum + each.failed, 0)
        assert.equal(failed, 0, "a broken line is nobody's failure")
        return `${faults.length} faults`
      }),
  },
]
