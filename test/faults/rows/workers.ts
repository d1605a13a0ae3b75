import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../support/wait.ts'
import { preloadFakeTime } from '../fake-clock.ts'
import { assertWithin, type Lab } from '../lab.ts'
import { faultSong } from '../oracle.ts'
import type { Row } from '../row.ts'

type AttemptRow = {
  job_id: number
  number: number
  worker: string
  state: string
  reason: string | null
  started_at: number
}

export function attemptsOfSong(lab: Lab, songId: number): AttemptRow[] {
  const ledger = new DatabaseSync(join(lab.system.folder, 'ledger.sqlite'), { readOnly: true })
  try {
    const sql = 'SELECT attempts.* FROM attempts JOIN jobs ON jobs.id = job_id WHERE song_id = ? ORDER BY started_at'
    return ledger.prepare(sql).all(songId) as AttemptRow[]
  } finally {
    ledger.close()
  }
}

/** The milliseconds from `since` until another worker began the job. */
export async function takenOver(lab: Lab, songId: number, since: number): Promise<number> {
  const second = await until('another worker has begun', () =>
    attemptsOfSong(lab, songId).find(({ number, started_at }) => number > 1 && started_at >= since),
  )
  return second.started_at - since
}

type Said = readonly ['http' | 'stomp', RegExp, 'up' | 'down']

/** Kills a worker at the moment it sends or receives something. Resolves to that time. */
function killAt(lab: Lab, [name, said, direction]: Said): Promise<number> {
  const wire = name === 'http' ? lab.httpWire : lab.stompWire
  assert.ok(wire)
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  setTimeout(() => reject(new Error(`Nobody said ${said} in 30 s.`)), 30_000).unref()
  wire.meddle = (bytes, passage) => {
    if (passage.direction !== direction || !said.test(passage.text)) return bytes
    wire.meddle = null
    process.kill(lab.workerAt(passage.dialledFrom), 'SIGKILL')
    resolve(Date.now())
    return bytes
  }
  return promise
}

const SHORT = faultSong(6, 1)

export const WORKER_ROWS: readonly Row[] = [
  {
    number: 1,
    fault: 'worker crash: before, during, after inference; between PUT, JobDone and ACK',
    isPriority: true,
    run: ({ withLab }) =>
      withLab({ hasWires: true, workers: 0 }, async (lab) => {
        const waits: number[] = []
        const steps: readonly Said[] = [
          ['http', /"attemptToken"/, 'down'],
          ['http', /octet-stream[\s\S]{100000}/, 'down'], // half of its input
          ['http', /octet-stream[\s\S]{170000}/, 'down'], // all of its input: now it computes
          ['http', /PUT \/job\/\d+\/result/, 'up'],
          ['http', /"outcome":"accepted"/, 'down'],
          ['stomp', /SEND\ndestination:\/queue\/minus-one\.results/, 'up'],
        ]
        for (const [index, step] of steps.entries()) {
          const work = lab.startWork({ workers: 2 })
          await lab.workersAre(2)
          const killed = killAt(lab, step)
          const id = await lab.add(faultSong(6, 10 + index))
          const at = await killed
          // From the PUT on the result may have arrived, and there is nothing to take over.
          if (index < 3) waits.push(await takenOver(lab, id, at))
          await lab.api.ready(id)
          await lab.stopWork(work)
        }
        await lab.assertWhole()
        // The take-over is immediate, or comes when the scheduler ends the delay of the other worker.
        assertWithin('the slowest take-over', Math.max(...waits), 3_000)
        return `taken over after ${waits.join(', ')} ms`
      }),
  },
  {
    number: 2,
    fault: 'worker frozen for 3.5 heart-beats, then thawed',
    isPriority: true,
    run: ({ withLab }) =>
      withLab({}, async (lab) => {
        const id = await lab.add(faultSong(12, 2))
        await until('jobs run', async () => (await lab.api.progress(id)).chunks.running > 0)
        const { pid, worker } = await lab.busy()
        const frozenAt = Date.now()
        process.kill(pid, 'SIGSTOP')
        await sleep(7_000)
        process.kill(pid, 'SIGCONT')
        const [sums] = await lab.assertWhole()
        const taken = attemptsOfSong(lab, id).find(({ number, started_at }) => number > 1 && started_at > frozenAt)
        if (taken) assertWithin('redelivery', taken.started_at - frozenAt, 3 * 2_000 + 1_000)
        await until(
          'it is back',
          async () => (await lab.api.workers()).some((each) => each.worker === worker && each.state !== 'lost'),
          {
            timeoutMs: 30_000,
          },
        )
        return taken ? `redelivered after ${taken.started_at - frozenAt} ms, ${sums?.lost} lost` : 'it held no job'
      }),
  },
  {
    number: 3,
    fault: 'all workers die, others come later',
    run: ({ withLab }) =>
      withLab({}, async (lab) => {
        const id = await lab.add(faultSong(9, 3))
        await lab.done(id, 2)
        await lab.killWork()
        await until(
          'the song says that it waits',
          async () => (await lab.api.progress(id)).state === 'waiting-for-workers',
          { timeoutMs: 30_000 },
        )
        lab.startWork({ workers: 2 })
        await lab.assertWhole()
        return ''
      }),
  },
  {
    number: 4,
    fault: 'a job aborts every worker that computes it',
    run: ({ withLab }) =>
      withLab({ hasWires: true, workers: 1 }, async (lab) => {
        const id = await lab.add(SHORT)
        const { httpWire } = lab
        assert.ok(httpWire)
        // The worker has all of its input, so it dies as if native code aborted during inference.
        let deadly: string | undefined
        httpWire.meddle = (bytes, { text, direction, dialledFrom }) => {
          if (direction === 'up') return bytes
          const [, job, sound = ''] = /.*\{"jobId":(\d+)(.*)/s.exec(text) ?? []
          deadly ??= job
          if (job !== undefined && job === deadly && sound.length > 170_000) {
            process.kill(lab.workerAt(dialledFrom), 'SIGABRT')
          }
          return bytes
        }
        const failed = await until(
          'the song has failed',
          async () => {
            const progress = await lab.api.progress(id)
            return progress.state === 'failed' && progress
          },
          { timeoutMs: 90_000 },
        )
        httpWire.meddle = null
        assert.match(failed.error ?? '', /5 workers died over it/)
        lab.forget(id)
        await lab.add(faultSong(3, 4))
        await lab.assertWhole()
        return '5 deaths, then the next song'
      }),
  },
  {
    number: 8,
    fault: 'a worker whose event loop is blocked for 5 heart-beats',
    run: ({ withLab }) =>
      withLab({ work: { NODE_OPTIONS: '--inspect=127.0.0.1:0' } }, async (lab) => {
        const id = await lab.add(faultSong(12, 8))
        await lab.done(id, 1)
        const { pid } = await lab.busy()
        const address = await lab.inspectorOf(pid)
        const inspector = new WebSocket(address)
        await new Promise((resolve) => inspector.addEventListener('open', resolve))
        // The block begins a moment after its next claim.
        const block = 'for (const end = Date.now() + 10_000; Date.now() < end; );'
        const expression = `{
          const [http, { syncBuiltinESMExports }] = ['node:http', 'node:module'].map(process.getBuiltinModule)
          const was = http.request
          http.request = (url, ...rest) => {
            if (url.pathname.endsWith('/claim')) {
              http.request = was
              syncBuiltinESMExports()
              setTimeout(() => { ${block} }, 30)
            }
            return was(url, ...rest)
          }
          syncBuiltinESMExports()
        }`
        inspector.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } }))
        const [sums] = await lab.assertWhole()
        assert.ok((sums?.lost ?? 0) >= 1, 'its job was done by the other')
        inspector.close()
        await lab.workersAre(2)
        await lab.add(faultSong(3, 80))
        await lab.assertWhole()
        return `${sums?.lost} lost, and it came back`
      }),
  },
  {
    number: 23,
    fault: 'a rolling restart: ten supervisors stopped in mid job, each after the next has come',
    isPriority: true,
    run: ({ withLab }) =>
      withLab({ workers: 0 }, async (lab) => {
        let present = lab.startWork({ workers: 1 })
        await lab.workersAre(1)
        const id = await lab.add(faultSong(30, 23))
        const drains: number[] = []
        for (let round = 0; round < 10; round++) {
          const next = lab.startWork({ workers: 1 })
          await until('the next one listens', () => next.log().includes('started listening'), { timeoutMs: 30_000 })
          const askedAt = Date.now()
          assert.equal(await present.stop('SIGTERM'), 0)
          drains.push(Date.now() - askedAt)
          present = next
        }
        assertWithin('the slowest drain', Math.max(...drains), 10_000)
        const [sums] = await lab.assertWhole()
        assert.deepEqual([sums?.lost, sums?.failed], [0, 0], 'no attempt was lost')
        assert.ok(attemptsOfSong(lab, id).length > 0)
        return `drained within ${Math.max(...drains)} ms, no attempt lost`
      }),
  },
  {
    number: 37,
    fault: 'a worker whose clock is an hour ahead, and one an hour behind',
    run: ({ withLab }) =>
      withLab({ workers: 0 }, async (lab) => {
        for (const offset of ['+1h', '-1h']) lab.startWork({ settings: { ...preloadFakeTime(), FAKETIME: offset } })
        await lab.workersAre(2)
        await lab.add(faultSong(9, 37))
        const [sums] = await lab.assertWhole()
        assert.equal(sums?.attempts, sums?.jobs, 'nothing was done twice')
        return ''
      }),
  },
]
