import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { answerClaim, type ClaimDecision } from '../../src/dispatch/claim.ts'
import { decide } from '../../src/dispatch/decide.ts'
import type { Playhead } from '../../src/dispatch/playheads.ts'
import { readSnapshot } from '../../src/dispatch/read-snapshot.ts'
import { WorkerRegistry } from '../../src/dispatch/worker-registry.ts'
import { CONTRACT } from '../../src/song/messages.ts'
import type { Database } from '../../src/store/ledger/database.ts'
import { getJob, type Job, jobsOfSong } from '../../src/store/queries/jobs.ts'
import { acceptResult, addJobs, endAttempt, publishJob, recallInvitations } from '../../src/store/transitions/jobs.ts'
import { type Ledger, newSong, openLedger } from '../support/ledger.ts'

describe('An invitation that is swapped for a job in a prefetch window', () => {
  let ledger: Ledger
  let db: Database
  let jobs: Job[]
  let invited: Job
  let playheads: Playhead[]

  before(async () => {
    ledger = await openLedger()
    db = ledger.db
  })
  after(() => ledger.remove())
  beforeEach(() => {
    db.change('DELETE FROM songs')
    const songId = newSong(db)
    addJobs(db, { songId, segments: 30 })
    jobs = jobsOfSong(db, songId)
    invited = publish(0)
    playheads = [{ songId, segment: 20 }]
  })

  function publish(segment: number): Job {
    const job = publishJob(db, jobs[segment] ?? assert.fail())
    return job ?? assert.fail()
  }

  function claim(worker: string, { job = invited, delivery = worker } = {}): ClaimDecision {
    const { id: jobId, generation, token } = job
    const request = { kind: 'claim' as const, id: 1, worker, jobId, generation, cameDuringUploadEnd: false, wait: null }
    const snapshot = readSnapshot({
      db,
      workers: new WorkerRegistry(),
      serverHost: 'server',
      playheads,
      claims: [request],
      decoders: [],
      uploadsEndingUntilMs: [],
      fillsSlots: false,
      lossEvidence: null,
    })
    const [decision] = decide(snapshot, 0)
    const swapFor = decision?.kind === 'assign' ? decision.swapFor : assert.fail()
    return answerClaim(db, {
      jobId,
      claim: { v: CONTRACT, worker, delivery, generation, token },
      maxAttempts: 3,
      swapFor,
    })
  }

  function given(answer: ClaimDecision) {
    return answer.kind === 'assigned' ? answer : assert.fail(answer.kind)
  }

  const segmentOf = (answer: ClaimDecision) => {
    const { assignment } = given(answer)
    return assignment.kind === 'separate' ? assignment.segment : undefined
  }

  test('gives the first segment of the window, and its own job waits again', () => {
    assert.equal(segmentOf(claim('a')), 19)
    assert.equal(getJob(db, invited.id)?.state, 'waiting')
    assert.equal(jobs[19] && getJob(db, jobs[19].id)?.state, 'claimed')
  })

  test('leads to the same job when it is redelivered after the worker died', () => {
    const first = given(claim('a'))
    const second = given(claim('b'))
    assert.equal(second.assignment.jobId, first.assignment.jobId)
    assert.equal(second.attempt.number, 2)
  })

  test('gives the same attempt to a repeated claim', () => {
    const first = given(claim('a'))
    const again = given(claim('a'))
    assert.deepEqual(again.attempt, first.attempt)
    assert.equal(again.isRepeated, true)
  })

  test('is answered gone after its job is done', () => {
    assert.ok(acceptResult(db, { attempt: given(claim('a')).attempt, sha256: 'x', seconds: 1 }))
    assert.deepEqual(claim('b'), { kind: 'gone', reason: 'done' })
  })

  test('leads to the same job again after a failed attempt', () => {
    endAttempt(db, { attempt: given(claim('a')).attempt, outcome: 'failed', reason: 'x' })
    assert.equal(segmentOf(claim('b')), 19)
  })

  test('no longer stands for its first job, which gets a new invitation', () => {
    assert.equal(segmentOf(claim('a')), 19)
    playheads = []
    const anew = publishJob(db, getJob(db, invited.id) ?? assert.fail()) ?? assert.fail()
    assert.equal(segmentOf(claim('b', { job: anew })), 0)
    assert.equal(segmentOf(claim('c')), 19)
  })

  test('is out of date once its new job has another invitation', () => {
    const { jobId } = given(claim('a')).assignment
    const again = publishJob(db, getJob(db, jobId) ?? assert.fail()) ?? assert.fail()
    assert.deepEqual(claim('b'), { kind: 'gone', reason: 'an older generation' })
    assert.equal(segmentOf(claim('b', { job: again })), 19)
  })

  test('is out of date once all invitations are recalled', () => {
    claim('a')
    recallInvitations(db)
    assert.deepEqual(claim('b'), { kind: 'gone', reason: 'an older generation' })
  })

  test('gives the jobs of the window in playing order, whichever workers were invited to them', () => {
    const out = [22, 20, 21, 19].map(publish)
    const order = out.map((job, i) => segmentOf(claim(`worker-${i}`, { job })))
    assert.deepEqual(order, [19, 20, 21, 22])
  })

  test('leads to one job only, even when two invitations were exchanged and one is redelivered', () => {
    const [late, early] = [publish(22), publish(19)]
    assert.equal(segmentOf(claim('a', { job: late })), 19)
    assert.equal(segmentOf(claim('b', { job: late })), 19, 'its worker died')
    assert.equal(segmentOf(claim('c', { job: early })), 20, 'and 22 waits again')
    assert.equal(jobs[22] && getJob(db, jobs[22].id)?.state, 'waiting')
  })

  test('is not swapped for a later segment of the window', () => {
    const near = publish(19)
    publish(20)
    assert.equal(segmentOf(claim('a', { job: near })), 19)
  })

  test('gives the beginning of the song first if there is no listener', () => {
    playheads = []
    const second = publish(1)
    assert.equal(segmentOf(claim('a', { job: second })), 0)
    assert.equal(segmentOf(claim('b')), 1)
  })

  test('is not swapped after a worker has begun its job', () => {
    playheads = []
    assert.equal(segmentOf(claim('a')), 0)
    playheads = [{ songId: invited.songId, segment: 20 }]
    assert.equal(segmentOf(claim('b')), 0)
  })

  test('is not swapped for a claim with a wrong token', () => {
    const stranger = { ...invited, token: 'guessed-token' }
    assert.equal(claim('a', { job: stranger }).kind, 'forbidden')
    assert.equal(getJob(db, invited.id)?.state, 'published')
  })
})
