import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { answerClaim, type ClaimAnswer } from '../../src/dispatch/claim.ts'
import { decide } from '../../src/dispatch/decide.ts'
import type { Playhead } from '../../src/dispatch/playheads.ts'
import { readSnapshot } from '../../src/dispatch/read-snapshot.ts'
import { WorkerRegistry } from '../../src/dispatch/worker-registry.ts'
import { CONTRACT } from '../../src/song/messages.ts'
import type { Database } from '../../src/store/ledger/database.ts'
import { getJob, type Job, jobsOfSong } from '../../src/store/queries/jobs.ts'
import { acceptResult, addJobs, endAttempt, publishJob, recallInvitations } from '../../src/store/transitions/jobs.ts'
import { type Ledger, newSong, openLedger } from '../support/ledger.ts'

describe('an invitation that is swapped for what is heard next', () => {
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

  function claim(worker: string, { job = invited, delivery = worker } = {}): ClaimAnswer {
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

  function given(answer: ClaimAnswer) {
    return answer.kind === 'assigned' ? answer : assert.fail(answer.kind)
  }

  const segmentOf = (answer: ClaimAnswer) => given(answer).assignment.segment

  test('the first segment that is heard next is given, and the one on the invitation waits', () => {
    assert.equal(segmentOf(claim('a')), 19)
    assert.equal(getJob(db, invited.id)?.state, 'waiting')
    assert.equal(jobs[19] && getJob(db, jobs[19].id)?.state, 'claimed')
  })

  test('when the worker dies, the redelivered invitation leads to the same job', () => {
    const first = given(claim('a'))
    const second = given(claim('b'))
    assert.equal(second.assignment.jobId, first.assignment.jobId)
    assert.equal(second.attempt.number, 2)
  })

  test('the same claim again is the same attempt', () => {
    const first = given(claim('a'))
    const again = given(claim('a'))
    assert.deepEqual(again.attempt, first.attempt)
    assert.equal(again.isRepeated, true)
  })

  test('once it is done, whoever still comes with the invitation is told so', () => {
    assert.ok(acceptResult(db, { attempt: given(claim('a')).attempt, sha256: 'x', seconds: 1 }))
    assert.deepEqual(claim('b'), { kind: 'gone', reason: 'done' })
  })

  test('a failed attempt is tried again by the redelivered invitation', () => {
    endAttempt(db, { attempt: given(claim('a')).attempt, outcome: 'failed', reason: 'x' })
    assert.equal(segmentOf(claim('b')), 19)
  })

  test('the job that waits instead gets a new invitation, and the old one is not its any more', () => {
    assert.equal(segmentOf(claim('a')), 19)
    playheads = []
    const anew = publishJob(db, getJob(db, invited.id) ?? assert.fail()) ?? assert.fail()
    assert.equal(segmentOf(claim('b', { job: anew })), 0)
    assert.equal(segmentOf(claim('c')), 19)
  })

  test('a job that is offered again has an invitation of its own; the swapped one means nothing then', () => {
    const { jobId } = given(claim('a')).assignment
    const again = publishJob(db, getJob(db, jobId) ?? assert.fail()) ?? assert.fail()
    assert.deepEqual(claim('b'), { kind: 'gone', reason: 'an older generation' })
    assert.equal(segmentOf(claim('b', { job: again })), 19)
  })

  test('when all invitations are taken back, so is the swap', () => {
    claim('a')
    recallInvitations(db)
    assert.deepEqual(claim('b'), { kind: 'gone', reason: 'an older generation' })
  })

  test('what is heard next goes out in its order, whoever was invited to what', () => {
    const out = [22, 20, 21, 19].map(publish)
    const order = out.map((job, i) => segmentOf(claim(`worker-${i}`, { job })))
    assert.deepEqual(order, [19, 20, 21, 22])
  })

  test('of two invitations that were exchanged each leads to one job, also when it is delivered again', () => {
    const [late, early] = [publish(22), publish(19)]
    assert.equal(segmentOf(claim('a', { job: late })), 19)
    assert.equal(segmentOf(claim('b', { job: late })), 19, 'its worker died')
    assert.equal(segmentOf(claim('c', { job: early })), 20, 'and 22 waits again')
    assert.equal(jobs[22] && getJob(db, jobs[22].id)?.state, 'waiting')
  })

  test('what is heard soon is not swapped for what is heard later', () => {
    const near = publish(19)
    publish(20)
    assert.equal(segmentOf(claim('a', { job: near })), 19)
  })

  test('where nobody listens yet, the beginning of the song goes first, whoever asks first', () => {
    playheads = []
    const second = publish(1)
    assert.equal(segmentOf(claim('a', { job: second })), 0)
    assert.equal(segmentOf(claim('b')), 1)
  })

  test('a job that somebody has begun is never swapped away', () => {
    playheads = []
    assert.equal(segmentOf(claim('a')), 0)
    playheads = [{ songId: invited.songId, segment: 20 }]
    assert.equal(segmentOf(claim('b')), 0)
  })

  test("with somebody else's token nothing is swapped", () => {
    const stranger = { ...invited, token: 'guessed-token' }
    assert.equal(claim('a', { job: stranger }).kind, 'forbidden')
    assert.equal(getJob(db, invited.id)?.state, 'published')
  })
})
