import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { decide } from '../../src/dispatch/decide.ts'
import type { Playhead } from '../../src/dispatch/playheads.ts'
import { readSnapshot, type SnapshotSource } from '../../src/dispatch/read-snapshot.ts'
import type { Snapshot } from '../../src/dispatch/snapshot.ts'
import { WorkerRegistry } from '../../src/dispatch/worker-registry.ts'
import type { Database } from '../../src/store/ledger/database.ts'
import { jobsInState, jobsOfSong } from '../../src/store/queries/jobs.ts'
import { addJobs, claimJob, publishJob } from '../../src/store/transitions/jobs.ts'
import { deleteSong, failSong, finishDecoding } from '../../src/store/transitions/songs.ts'
import { type Ledger, newSong, openLedger } from '../support/ledger.ts'
import { workerOf } from '../support/snapshot.ts'

describe('The snapshot for a decision', () => {
  let ledger: Ledger
  let db: Database
  let workers: WorkerRegistry

  before(async () => {
    ledger = await openLedger()
    db = ledger.db
  })
  after(() => ledger.remove())
  beforeEach(() => {
    db.change('DELETE FROM songs')
    workers = new WorkerRegistry()
  })

  function join(name: string, models = ['m-1']): void {
    assert.equal(workers.receivePresence(JSON.stringify(workerOf(name, { models })), 0), null)
  }

  function look(changes: Partial<SnapshotSource> = {}): Snapshot {
    return readSnapshot({
      db,
      workers,
      serverHost: 'server',
      playheads: [],
      claims: [],
      decoders: [],
      uploadsEndingUntilMs: [],
      fillsSlots: true,
      lossEvidence: null,
      ...changes,
    })
  }

  /** Publishes until no slot is open. Returns the published jobs as song:segment, with songs numbered in the order of their ids. */
  function publishAll(playheads: Playhead[] = []): string[] {
    const first = Number(db.one<{ id: number }>('SELECT min(id) AS id FROM songs')?.id)
    const out: string[] = []
    for (;;) {
      const sent = decide(look({ playheads }), 0).flatMap((each) =>
        each.kind === 'publish' ? (publishJob(db, each.job) ?? []) : [],
      )
      if (sent.length === 0) return out
      out.push(...sent.map((job) => `${job.songId - first}:${job.kind === 'separate' ? job.segment : 'lyrics'}`))
    }
  }

  const decoded = (songId: number) =>
    finishDecoding(db, { songId, samples: 1, statistics: { mean: 0, deviation: 1 }, warnings: [] })

  test('lets songs take turns over many decisions', () => {
    for (const name of ['a', 'b', 'c', 'd']) join(name)
    const long = newSong(db)
    newSong(db)
    addJobs(db, { songId: long, segments: 9 })
    assert.deepEqual(publishAll(), ['0:0', '1:0', '0:1', '1:1', '0:2', '0:3', '0:4', '0:5'])
    assert.deepEqual(publishAll(), [])
  })

  test('puts the jobs of a prefetch window before the turns of songs', () => {
    join('a')
    newSong(db)
    const heard = newSong(db)
    addJobs(db, { songId: heard, segments: 30 })
    assert.deepEqual(publishAll([{ songId: heard, segment: 10 }]), ['1:9', '1:10'])
  })

  test('counts open slots of each model by the workers that have it', () => {
    join('a', ['small-1'])
    newSong(db, 'large-1')
    assert.deepEqual(publishAll(), [])
    join('b', ['large-1'])
    newSong(db, 'small-1')
    assert.deepEqual(publishAll(), ['0:0', '0:1', '1:0', '1:1'])
  })

  test('contains nothing of failed and deleted songs', () => {
    join('a')
    const [failed, deleted] = [newSong(db), newSong(db)]
    failSong(db, { songId: failed, error: 'why' })
    deleteSong(db, deleted)
    const { songs, jobs, openSlots } = look({
      playheads: [
        { songId: failed, segment: 0 },
        { songId: deleted, segment: 0 },
      ],
    })
    assert.deepEqual([songs.size, jobs.size, openSlots?.models], [0, 0, [{ modelId: 'm-1', slots: 2, nextSongs: [] }]])
  })

  test('contains only the possible swaps for a claim, if no slots are filled and no machine is shared', () => {
    join('a')
    const songId = newSong(db)
    addJobs(db, { songId, segments: 100 })
    decoded(songId)
    const [job] = jobsOfSong(db, songId)
    const published = job && publishJob(db, job)
    assert.ok(published)
    claimJob(db, { jobId: published.id + 1, worker: 'b', delivery: '1' })
    const { id: jobId, generation } = published
    const claim = {
      kind: 'claim' as const,
      id: 1,
      worker: 'a',
      jobId,
      generation,
      cameDuringUploadEnd: false,
      wait: null,
    }
    const alone = look({ claims: [claim], fillsSlots: false })
    assert.deepEqual([alone.openSlots, alone.claimed.length, alone.jobs.get(songId)?.size], [null, 0, 1])
    assert.equal(alone.claims[0]?.job?.id, jobId)
    assert.equal(look({ claims: [claim], fillsSlots: false, serverHost: 'a' }).claimed.length, 1)
  })

  test('has a size that depends on workers, listeners and open slots, not on songs and jobs', () => {
    for (let song = 0; song < 60; song++) addJobs(db, { songId: newSong(db), segments: 60 })
    for (let worker = 0; worker < 10; worker++) join(`worker ${worker}`)
    const [first] = jobsInState(db, 'waiting')
    const playheads = [5, 20, 50].map((segment) => ({ songId: first?.songId ?? 0, segment }))
    const { jobs, openSlots, claimed } = look({ playheads })
    const near = [...jobs.values()].reduce((sum, ofSong) => sum + ofSong.size, 0)
    const shown = (openSlots?.models ?? []).flatMap(({ nextSongs }) => nextSongs.flatMap(({ waiting }) => waiting))
    assert.deepEqual([near, shown.length, claimed.length], [35, 20, 0])
  })
})
