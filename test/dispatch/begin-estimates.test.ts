import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { BeginEstimates } from '../../src/dispatch/begin-estimates.ts'
import type { Playhead } from '../../src/dispatch/playheads.ts'
import { WorkerRegistry } from '../../src/dispatch/worker-registry.ts'
import { DEATH_NOTICE_PID } from '../../src/song/worker-presence.ts'
import type { Database } from '../../src/store/ledger/database.ts'
import { jobsOfSong } from '../../src/store/queries/jobs.ts'
import { addJobs, claimJob, publishJob } from '../../src/store/transitions/jobs.ts'
import { type Ledger, newSong, openLedger } from '../support/ledger.ts'
import { workerOf } from '../support/snapshot.ts'

const MANY = 5_000

describe('The estimates of when waiting songs begin', () => {
  let ledger: Ledger
  let db: Database
  let workers: WorkerRegistry
  let playheads: Playhead[]

  beforeEach(async () => {
    ledger = await openLedger()
    db = ledger.db
    workers = new WorkerRegistry()
    playheads = []
  })
  afterEach(() => ledger.remove())

  const note = (changes: Parameters<typeof workerOf>[1]) =>
    workers.receivePresence(JSON.stringify(workerOf('w', changes)), 0)
  const estimates = () =>
    new BeginEstimates({
      db,
      workers,
      playheads: () => playheads,
      jobOfModel: () => ({ soundSeconds: 4, seconds: 4 }),
    })
  const job = (songId: number, segment: number) => jobsOfSong(db, songId)[segment] ?? assert.fail()

  test('follow the turns: invitations that are out first, then a job of each song that was never served', () => {
    note({ state: 'busy' })
    const [first, second, third] = [newSong(db), newSong(db), newSong(db)]
    publishJob(db, job(first, 0))
    claimJob(db, { jobId: job(first, 0).id, worker: 'w', delivery: 'd' })
    publishJob(db, job(first, 1))
    const all = estimates()
    assert.deepEqual([all.of(second), all.of(third)], [8, 10])
  })

  test('put the jobs that a listener will need before songs without one, also those not decoded yet', () => {
    note({ state: 'idle' })
    const heard = newSong(db)
    const waiting = newSong(db)
    addJobs(db, { songId: heard, segments: 8 })
    db.change('UPDATE songs SET announced_seconds = 20 * 10 / 44100.0 WHERE id = ?', heard)
    assert.equal(estimates().of(waiting), 4)
    playheads = [{ songId: heard, segment: 0 }]
    assert.ok((estimates().of(waiting) ?? 0) >= 40)
  })

  test('are made for the speed of the workers, and are null without one, or if the only one was lost', () => {
    const [, second] = [newSong(db), newSong(db)]
    assert.equal(estimates().of(second), null)
    note({ state: 'busy', speed: 1 })
    const slow = estimates().of(second) ?? 0
    note({ state: 'busy', speed: 4 })
    const fast = estimates().of(second) ?? 0
    assert.ok(fast > 0 && fast < slow)
    note({ state: 'leaving', pid: DEATH_NOTICE_PID })
    assert.equal(estimates().of(second), null)
  })

  test('know a song that was added a moment ago', async (context) => {
    note({ state: 'busy' })
    const all = estimates()
    assert.equal(all.of(newSong(db)), 1)
    const later = newSong(db)
    const { now } = performance
    const ahead = now.call(performance) + 200
    context.mock.method(performance, 'now', () => ahead)
    assert.notEqual(all.of(later), null)
  })

  test(`of a queue of ${MANY} songs are made together with a few queries, and are then known for all`, (context) => {
    note({ state: 'busy' })
    const addAll = (): void => {
      for (let number = 0; number < MANY; number++) newSong(db)
    }
    db.transaction(addAll, { isDurable: true })
    const ids = db.all<{ id: number }>('SELECT id FROM songs').map(({ id }) => id)
    const reads = (['all', 'one'] as const).map((name) => context.mock.method(db, name))
    const all = estimates()
    assert.equal(all.list().size, MANY)
    assert.ok(ids.every((id) => all.of(id) !== null))
    const count = reads.reduce((sum, { mock }) => sum + mock.callCount(), 0)
    assert.ok(count > 0 && count < 10, `${count} queries`)
  })
})
