import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { jobsToLetGo, shouldWait } from '../../src/dispatch/first-sound.ts'
import type { Playhead } from '../../src/dispatch/playheads.ts'
import type { Database } from '../../src/store/database.ts'
import { type Job, jobsOfSong } from '../../src/store/jobs.ts'
import { acceptResult, addJobs, claimJob, markBlockFinal, publishJob } from '../../src/store/transitions/jobs.ts'
import { finishDecoding } from '../../src/store/transitions/songs.ts'
import { type Ledger, newSong, openLedger } from '../support/ledger.ts'

describe('who waits for the first sound', () => {
  let ledger: Ledger
  let db: Database
  let songId: number
  let jobs: Job[]
  let playheads: Playhead[]

  before(async () => {
    ledger = await openLedger()
    db = ledger.db
  })
  after(() => ledger.remove())
  beforeEach(() => {
    db.change('DELETE FROM songs')
    songId = newSong(db)
    addJobs(db, { songId, segments: 30 })
    jobs = jobsOfSong(db, songId)
    playheads = []
    for (let segment = 0; segment < 4; segment++) publishJob(db, jobOf(segment))
  })

  const jobOf = (segment: number): Job => jobs[segment] ?? assert.fail()
  const begin = (segment: number, worker = 'beside') =>
    claimJob(db, { jobId: jobOf(segment).id, worker, delivery: `${segment}` })
  const waits = (segment: number, { isServersMachine = false } = {}) =>
    shouldWait(db, {
      isServersMachine,
      // Published once.
      invitation: { jobId: jobOf(segment).id, generation: jobOf(segment).generation + 1 },
      playheads,
      isSameMachine: (worker) => worker === 'beside',
    })

  const decoded = () => finishDecoding(db, { songId, samples: 1, level: { mean: 0, deviation: 1 }, warnings: [] })

  test('a worker beside the one that is at the beginning of a song lets it have the cores', () => {
    assert.equal(waits(1), false)
    begin(0)
    assert.equal(waits(1), true)
  })

  test('one on another machine does not', () => {
    begin(0, 'far away')
    assert.equal(waits(1), false)
  })

  test('nobody waits once the result is there, or when the first try was lost: the second may be as slow', () => {
    begin(0) // lost as soon as another one begins
    const second = begin(0)
    assert.equal(waits(1), false)
    acceptResult(db, { attempt: second, sha256: 'x', seconds: 1 })
    assert.equal(waits(1), false)
  })

  test('beside the server one also waits for what is decoded, and until what came is put together', () => {
    acceptResult(db, { attempt: begin(0), sha256: 'x', seconds: 1 })
    markBlockFinal(db, { jobId: jobOf(0).id, sha256: 'x' })
    playheads = [{ songId, segment: 99, isDecoding: true }]
    assert.equal(waits(1, { isServersMachine: true }), true)
    playheads = [{ songId, segment: 20, isDecoding: true }]
    assert.equal(waits(1, { isServersMachine: true }), false, 'it is decoded by now')
    for (const segment of [19, 20]) acceptResult(db, { attempt: begin(segment), sha256: 'x', seconds: 1 })
    assert.equal(waits(1, { isServersMachine: true }), true)
    assert.equal(waits(1), false)
    markBlockFinal(db, { jobId: jobOf(20).id, sha256: 'x' })
    assert.equal(waits(1, { isServersMachine: true }), false)
  })

  test("nobody on the server's machine begins anything else before a place that its decoding is about to reach", () => {
    acceptResult(db, { attempt: begin(0), sha256: 'x', seconds: 1 })
    markBlockFinal(db, { jobId: jobOf(0).id, sha256: 'x' })
    playheads = [{ songId, segment: 30 }]
    assert.equal(waits(3), false)
    assert.equal(waits(3, { isServersMachine: true }), true)
    decoded()
    assert.equal(waits(3, { isServersMachine: true }), false)
  })

  describe('what workers let go', () => {
    const letGo = (idle = 0) => jobsToLetGo(db, { playheads, idle }).map(({ segment }) => segment)

    beforeEach(() => {
      begin(0)
      begin(1, 'far away')
    })

    test('as many jobs as a listener who has jumped needs begun, the later ones first', () => {
      playheads = [{ songId, segment: 20 }]
      assert.deepEqual(letGo(), [1, 0])
      assert.deepEqual(letGo(1), [1])
      assert.deepEqual(letGo(2), [])
      begin(19)
      assert.deepEqual(letGo(), [1])
      begin(20)
      assert.deepEqual(letGo(), [])
    })

    test('nothing for a block that is there, or that no decoder is on its way to, or for nobody', () => {
      assert.deepEqual(letGo(), [])
      playheads = [{ songId, segment: 99_999 }]
      assert.deepEqual(letGo(), [])
      playheads = [{ songId, segment: 99_999, isDecoding: true }]
      assert.deepEqual(letGo(), [1, 0])
      playheads = [{ songId, segment: 20 }]
      markBlockFinal(db, { jobId: jobOf(20).id, sha256: 'x' })
      assert.deepEqual(letGo(), [])
    })

    test("for a place that the song's own decoding is about to reach", () => {
      playheads = [{ songId, segment: 30 }]
      assert.deepEqual(letGo(), [1, 0])
      decoded()
      assert.deepEqual(letGo(), [])
    })

    test('nothing a second time', () => {
      playheads = [{ songId, segment: 20 }]
      begin(1, 'another')
      assert.deepEqual(letGo(), [0])
    })

    test('nothing that somebody hears soon', () => {
      playheads = [
        { songId, segment: 20 },
        { songId, segment: 1 },
      ]
      assert.deepEqual(letGo(), [])
    })
  })

  test('what a listener waits for needs two segments, and neither waits for the other', () => {
    playheads = [{ songId, segment: 20 }]
    begin(19)
    assert.equal(waits(1), false, 'the invitation will be traded for segment 20')
    begin(20)
    assert.equal(waits(1), true)
    for (const segment of [19, 20]) markBlockFinal(db, { jobId: jobOf(segment).id, sha256: 'x' })
    assert.equal(waits(1), false)
  })
})
