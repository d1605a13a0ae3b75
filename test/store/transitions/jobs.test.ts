import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { Database } from '../../../src/store/ledger/database.ts'
import type { LedgerChange } from '../../../src/store/ledger/ledger-changes.ts'
import { attemptsOf } from '../../../src/store/queries/attempts.ts'
import { jobOfInvitation } from '../../../src/store/queries/invitations.ts'
import { getJob, type Job, jobsOfSong, type SeparationJob } from '../../../src/store/queries/jobs.ts'
import {
  acceptResult,
  addJobs,
  addProvisionalJobs,
  addRecoveredJobs,
  cancelJobs,
  claimJob,
  confirmInput,
  discardBlock,
  endAttempt,
  markBlockFinal,
  publishJob,
  recallInvitations,
  removeJobsFrom,
  reopenJob,
  reopenJobsOfRestoredSong,
  swapInvitation,
} from '../../../src/store/transitions/jobs.ts'
import { type Ledger, newSong, openLedger } from '../../support/ledger.ts'

describe('The transitions of jobs', () => {
  let ledger: Ledger
  let db: Database
  let songId: number
  /** What was recorded since the last look. */
  let changes: LedgerChange[]

  beforeEach(async () => {
    changes = []
    ledger = await openLedger({ onCommit: (committed) => void changes.push(...committed) })
    db = ledger.db
    songId = newSong(db)
    changes = []
  })
  afterEach(() => ledger.remove())

  const jobAt = (segment: number) => jobsOfSong(db, songId)[segment] ?? assert.fail()
  const separation = (job: Job | undefined): SeparationJob => (job?.kind === 'separate' ? job : assert.fail())
  const read = ({ id }: Job) => separation(getJob(db, id))
  const claim = ({ id: jobId }: Job, worker = 'a') => claimJob(db, { jobId, worker, delivery: '1' })
  const accept = (attempt: ReturnType<typeof claim>, sha256 = 'x') => acceptResult(db, { attempt, sha256, seconds: 2 })
  const changed = (segment: number) => ({ kind: 'job-changed', songId, segment })

  function published(segment: number): SeparationJob {
    return separation(publishJob(db, jobAt(segment)))
  }

  function assertRecorded(...expected: readonly object[]): void {
    assert.deepEqual(changes, expected)
    changes = []
  }

  test('addJobs adds only the jobs that are missing, and records that once', () => {
    assert.equal(addJobs(db, { songId, segments: 2 }), 0)
    assertRecorded()
    assert.equal(addJobs(db, { songId, segments: 5 }), 3)
    assertRecorded({ kind: 'jobs-added', songId })
    assert.deepEqual(
      jobsOfSong(db, songId).map(({ segment }) => segment),
      [0, 1, 2, 3, 4],
    )
    assert.equal(new Set(jobsOfSong(db, songId).map(({ token }) => token)).size, 5)
  })

  test('addProvisionalJobs leaves a gap before a seek decode, which addJobs fills later', () => {
    assert.equal(addProvisionalJobs(db, { songId, from: 1, to: 4 }), 2)
    assert.equal(addProvisionalJobs(db, { songId, from: 6, to: 7 }), 1)
    assert.deepEqual(
      jobsOfSong(db, songId).map(({ isProvisional }) => isProvisional),
      [false, false, true, true, true],
    )
    assert.equal(addJobs(db, { songId, segments: 7 }), 2)
    confirmInput(db, jobAt(6).id)
    assert.deepEqual(
      jobsOfSong(db, songId)
        .filter((job) => job.isProvisional)
        .map(({ segment }) => segment),
      [2, 3],
    )
  })

  test('addRecoveredJobs adds done jobs whose blocks are final', () => {
    removeJobsFrom(db, { songId, segment: 0 })
    addRecoveredJobs(db, { songId, blocks: [{ segment: 3, sha256: 'b' }] })
    const [job] = jobsOfSong(db, songId)
    assert.deepEqual([job?.segment, job?.state, job?.blockSha256], [3, 'done', 'b'])
  })

  test('publishJob starts a new generation and records the job', () => {
    const job = published(0)
    assert.deepEqual([job.state, job.generation], ['published', jobAt(1).generation + 1])
    assertRecorded(changed(0))
  })

  test('publishJob changes nothing if the job has changed since it was read', () => {
    const waiting = jobAt(0)
    const invited = published(0)
    assert.equal(publishJob(db, waiting), undefined, 'it has another state')
    const invitedAgain = published(0)
    assert.equal(publishJob(db, invited), undefined, 'it has another generation')
    endAttempt(db, { attempt: claim(invitedAgain), outcome: 'failed', reason: 'a defect' })
    changes = []
    assert.equal(publishJob(db, invitedAgain), undefined, 'it has another attempt')
    assert.equal(jobAt(0).generation, invitedAgain.generation)
    assertRecorded()
    assert.equal(publishJob(db, jobAt(0))?.generation, invitedAgain.generation + 1)
  })

  test('swapInvitation gives the invitation of a published job to a waiting one', () => {
    const [from, to] = [published(0), jobAt(1)]
    changes = []
    assert.equal(swapInvitation(db, { from, to })?.state, 'published')
    assert.equal(read(from).state, 'waiting')
    assert.equal(jobOfInvitation(db, { jobId: from.id, generation: from.generation })?.id, to.id)
    assertRecorded(changed(0), changed(1))
  })

  test('swapInvitation lets two published jobs change places', () => {
    const [from, to] = [published(0), published(1)]
    assert.equal(swapInvitation(db, { from, to })?.id, to.id)
    assert.equal(jobOfInvitation(db, { jobId: from.id, generation: from.generation })?.id, to.id)
    assert.equal(jobOfInvitation(db, { jobId: to.id, generation: to.generation })?.id, from.id)
  })

  test('swapInvitation changes nothing if one of the jobs has changed since it was read, or is claimed', () => {
    const [from, to] = [published(0), jobAt(1)]
    published(1)
    claim(from)
    const before = jobsOfSong(db, songId)
    changes = []
    for (const pair of [
      { from, to },
      { from: jobAt(1), to: read(from) },
      { from: read(from), to: jobAt(1) },
    ])
      assert.equal(swapInvitation(db, pair), undefined)
    assert.deepEqual(jobsOfSong(db, songId), before)
    assertRecorded()
  })

  test('claimJob begins an attempt, and a second claim makes the first attempt lost', () => {
    const job = published(0)
    changes = []
    assert.deepEqual([claim(job).number, claim(job, 'b').number], [1, 2])
    assert.deepEqual(
      attemptsOf(db, job.id).map(({ state, worker }) => [state, worker]),
      [
        ['lost', 'a'],
        ['running', 'b'],
      ],
    )
    assert.deepEqual([read(job).state, read(job).worker, read(job).attempt], ['claimed', 'b', 2])
    assertRecorded(changed(0), changed(0))
  })

  test('claimJob leaves no attempt at a job that is done', () => {
    const job = published(0)
    assert.ok(accept(claim(job)))
    changes = []
    assert.throws(() => claim(job, 'b'), /not a permitted transition/)
    assert.deepEqual(
      attemptsOf(db, job.id).map(({ state }) => state),
      ['done'],
    )
    assertRecorded()
  })

  test('acceptResult accepts the first of two results, even of an attempt that counted as lost', () => {
    const job = published(0)
    const [late, newest] = [claim(job), claim(job, 'b')]
    changes = []
    assert.equal(accept(late, 'first'), true)
    assertRecorded(changed(0))
    assert.equal(accept(newest, 'second'), false)
    assertRecorded()
    const { state, resultSha256, worker, attempt, seconds } = read(job)
    assert.deepEqual([state, resultSha256, worker, attempt, seconds], ['done', 'first', 'a', 1, 2])
    assert.deepEqual(
      attemptsOf(db, job.id).map((each) => each.state),
      ['done', 'lost'],
    )
  })

  test('acceptResult refuses a result of a cancelled job', () => {
    const job = published(0)
    const attempt = claim(job)
    cancelJobs(db, { songId, cause: 'cancelJobsOfDeletedSong' })
    changes = []
    assert.equal(accept(attempt), false)
    assert.equal(read(job).state, 'cancelled')
    assertRecorded()
  })

  test('endAttempt publishes the job again and keeps the reason', () => {
    const job = published(0)
    const attempt = claim(job)
    changes = []
    assert.equal(endAttempt(db, { attempt, outcome: 'failed', reason: 'a defect' }), true)
    assert.deepEqual([read(job).state, read(job).generation], ['published', job.generation])
    assert.deepEqual(
      attemptsOf(db, job.id).map(({ state, reason }) => [state, reason]),
      [['failed', 'a defect']],
    )
    assertRecorded(changed(0))
    assert.equal(endAttempt(db, { attempt, outcome: 'returned', reason: 'again' }), false)
    assertRecorded()
  })

  test('endAttempt of an older attempt leaves the job with the newer one', () => {
    const job = published(0)
    const attempt = claim(job)
    claim(job, 'b')
    assert.equal(endAttempt(db, { attempt, outcome: 'failed', reason: 'late' }), false)
    assert.deepEqual([read(job).state, read(job).attempt], ['claimed', 2])
  })

  test('recallInvitations makes published and claimed jobs wait, and no others', () => {
    addJobs(db, { songId, segments: 4 })
    published(0)
    claim(published(1))
    accept(claim(published(2)))
    assert.equal(recallInvitations(db), 2)
    assert.deepEqual(
      jobsOfSong(db, songId).map(({ state }) => state),
      ['waiting', 'waiting', 'done', 'waiting'],
    )
    assert.equal(recallInvitations(db), 0)
  })

  test('reopenJob reopens only a done job, and its final block stays final', () => {
    const job = published(0)
    changes = []
    reopenJob(db, { job, cause: 'reopenAfterLostResult' })
    assert.equal(read(job).state, 'published')
    assertRecorded()
    accept(claim(job))
    markBlockFinal(db, { jobId: job.id, sha256: 'block' })
    changes = []
    reopenJob(db, { job, cause: 'reopenAfterLostResult' })
    const { state, resultSha256, blockSha256 } = read(job)
    assert.deepEqual([state, resultSha256, blockSha256], ['waiting', null, 'block'])
    assertRecorded(changed(0))
  })

  test('markBlockFinal and discardBlock record what happened to the block', () => {
    const job = jobAt(1)
    markBlockFinal(db, { jobId: job.id, sha256: 'block' })
    assertRecorded({ kind: 'block-final', songId, segment: 1 })
    discardBlock(db, job)
    assert.equal(read(job).blockSha256, null)
    assertRecorded(changed(1))
  })

  test('cancelJobs cancels open jobs only, and nobody is blamed for those of a deleted song', () => {
    addJobs(db, { songId, segments: 3 })
    const [done, running] = [published(0), published(1)]
    accept(claim(done))
    claim(running)
    cancelJobs(db, { songId, cause: 'cancelJobsOfDeletedSong' })
    assert.deepEqual(
      jobsOfSong(db, songId).map(({ state }) => state),
      ['done', 'cancelled', 'cancelled'],
    )
    assert.deepEqual(
      attemptsOf(db, running.id).map(({ state, reason }) => [state, reason]),
      [['returned', 'the song was deleted']],
    )
    reopenJobsOfRestoredSong(db, songId)
    assert.deepEqual(
      jobsOfSong(db, songId).map(({ state }) => state),
      ['done', 'waiting', 'waiting'],
    )
  })
})
