import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { memoryOf } from '../../support/proc.ts'
import { wavOf } from '../../support/songs.ts'
import { until } from '../../support/wait.ts'
import { LOUDEST } from '../model.ts'
import { faultSong, type TestSong } from '../oracle.ts'
import type { Row } from '../row.ts'
import { attemptsOfSong } from './workers.ts'

/** Soft noise with one sample in the middle at which the model throws. */
function poisonedSong(seconds: number, seed: number): TestSong {
  const { wav } = faultSong(seconds, seed)
  const song = new Int16Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + wav.length))
  for (let i = 0; i < song.length; i++) song[i] = Math.round((song[i] ?? 0) / 100)
  song[2 * Math.floor(song.length / 4)] = 32_767
  let squares = 0
  for (const value of song) squares += value * value
  assert.ok(32_767 / Math.sqrt(squares / song.length) > LOUDEST)
  return { wav: wavOf(song), seconds, seed }
}

/** Workers that live but cannot do their jobs. */
export const SICK_WORKER_ROWS: readonly Row[] = [
  {
    number: 5,
    fault: 'a worker that gets no more memory from the system',
    run: ({ withLab }) =>
      withLab({}, async (lab) => {
        const id = await lab.add(faultSong(15, 5))
        await lab.done(id, 2)
        const { pid } = await lab.busy()
        const used = memoryOf(pid, 'VmData') ?? assert.fail('it is gone')
        await promisify(execFile)('prlimit', ['--pid', String(pid), `--data=${used - 50_000_000}`])
        const [sums] = await lab.assertWhole()
        assert.match(lab.workLog(), / died |failed:|given back/)
        return `${sums?.lost} lost, ${sums?.failed} failed, ${sums?.returned} given back`
      }),
  },
  {
    number: 6,
    fault: 'a poisoned segment',
    isPriority: true,
    run: ({ withLab }) =>
      withLab({}, async (lab) => {
        const poisoned = await lab.add(poisonedSong(6, 60))
        await lab.add(faultSong(6, 61))
        const failed = await until(
          'the song has failed',
          async () => {
            const progress = await lab.api.progress(poisoned)
            return progress.state === 'failed' && progress
          },
          { timeoutMs: 60_000 },
        )
        assert.match(failed.error ?? '', /3 attempts failed, the last one with: .*out of data bounds/)
        const tries = attemptsOfSong(lab, poisoned).filter(({ state }) => state === 'failed')
        const perJob = Object.values(Object.groupBy(tries, ({ job_id }) => String(job_id))).map(
          (all) => all?.length ?? 0,
        )
        assert.ok(Math.max(...perJob) === 3, `no more than three attempts: ${perJob}`)
        lab.forget(poisoned)
        await lab.assertWhole()
        assert.ok(!lab.workLog().includes(' died '), 'no worker died of it')
        return 'three attempts'
      }),
  },
  {
    number: 7,
    fault: 'a worker that cannot try: its cache cannot be written',
    isPriority: true,
    run: ({ withLab }) =>
      withLab({ workers: 1 }, async (lab) => {
        const file = join(lab.folder, 'a-file')
        await writeFile(file, '')
        const sick = lab.startWork({ settings: { CACHE_DIR: join(file, 'cache') } })
        await lab.workersAre(2)
        await lab.add(faultSong(12, 7))
        const [sums] = await lab.assertWhole()
        assert.equal(sums?.failed, 0, 'nothing counts as failed')
        // However long the song takes, the worker waits twice as long after each job that it gives back.
        const pauses = [...sick.log().matchAll(/pauses for (\d+) s/g)].map(([, seconds]) => Number(seconds))
        assert.ok(pauses.length > 0, 'it gave a job back')
        assert.deepEqual(
          pauses,
          pauses.map((_, index) => 2 ** index),
        )
        assert.ok((sums?.returned ?? 0) <= pauses.length, `it takes no other jobs: ${sums?.returned}`)
        assert.match(sick.log(), /given back: model .* cannot be used/)
        return `${sums?.returned} given back`
      }),
  },
  {
    number: 22,
    fault: "a worker's disk is full",
    run: ({ withLab }) =>
      withLab({ workers: 1 }, async (lab) => {
        const full = await lab.smallDisk('worker', 300)
        const sick = lab.startWork({ settings: { CACHE_DIR: full } })
        await lab.workersAre(2)
        await lab.add(faultSong(9, 22))
        const [sums] = await lab.assertWhole()
        assert.equal(sums?.failed, 0)
        assert.match(sick.log(), /ENOSPC|No space|room/i)
        return `${sums?.returned} given back`
      }),
  },
]
