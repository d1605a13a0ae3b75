import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { MAX_DEATHS } from '../../src/dispatch/attempt-limits.ts'
import { answerClaim, type ClaimDecision } from '../../src/dispatch/claim.ts'
import { CONTRACT } from '../../src/song/messages.ts'
import type { Database } from '../../src/store/ledger/database.ts'
import { attemptsOf } from '../../src/store/queries/attempts.ts'
import { getJob, type Job, jobIds } from '../../src/store/queries/jobs.ts'
import { getSong } from '../../src/store/queries/songs.ts'
import { acceptResult, endAttempt, publishJob } from '../../src/store/transitions/jobs.ts'
import { eraseSong, failSong } from '../../src/store/transitions/songs.ts'
import { type Ledger, newSong, openLedger } from '../support/ledger.ts'

const MAX_ATTEMPTS = 3

describe('The answer to a claim', () => {
  let ledger: Ledger
  let db: Database
  let job: Job
  let deliveries = 0

  before(async () => {
    ledger = await openLedger()
    db = ledger.db
  })
  after(() => ledger.remove())
  beforeEach(() => {
    job = publishedJob()
  })

  function publishedJob(): Job {
    const [id = 0] = jobIds(db, newSong(db))
    const waiting = getJob(db, id)
    const published = waiting && publishJob(db, waiting)
    assert.ok(published)
    return published
  }

  function claim(
    worker: string,
    changes: Partial<{ token: string; generation: number; delivery: string }> = {},
  ): ClaimDecision {
    const { id, token, generation } = getJob(db, job.id) ?? job
    const delivery = changes.delivery ?? `d${++deliveries}`
    return answerClaim(db, {
      jobId: id,
      claim: {
        v: CONTRACT,
        worker,
        delivery,
        token: changes.token ?? token,
        generation: changes.generation ?? generation,
      },
      maxAttempts: MAX_ATTEMPTS,
      swapFor: null,
    })
  }

  function assigned(answer: ClaimDecision) {
    assert.equal(answer.kind, 'assigned')
    return answer.kind === 'assigned' ? answer.attempt : assert.fail()
  }

  test('two workers may have the same job at a time, and the first result counts', () => {
    const first = assigned(claim('a'))
    const second = assigned(claim('b'))
    assert.equal(second.number, 2)
    assert.equal(acceptResult(db, { attempt: first, sha256: 'x', seconds: 1 }), true)
    assert.equal(acceptResult(db, { attempt: second, sha256: 'x', seconds: 1 }), false)
    assert.equal(getJob(db, job.id)?.attempt, 1)
    assert.equal(claim('c').kind, 'gone')
  })

  test('a repeated claim for the same delivery gets the same attempt', () => {
    const first = assigned(claim('a', { delivery: 'same' }))
    const again = assigned(claim('a', { delivery: 'same' }))
    assert.deepEqual(again, first)
    assert.equal(attemptsOf(db, job.id).length, 1)
  })

  test('an invitation of an older generation or with a wrong token gets no job', () => {
    const again = publishJob(db, job)
    assert.equal(again?.generation, 2)
    assert.equal(claim('a', { generation: 1 }).kind, 'gone')
    assert.equal(claim('a', { token: 'forged' }).kind, 'forbidden')
    assert.equal(claim('a').kind, 'assigned')
  })

  test('a claim is answered gone after the song has failed or was deleted', () => {
    failSong(db, { songId: job.songId, error: 'why' })
    assert.equal(claim('a').kind, 'gone')
    eraseSong(db, job.songId)
    assert.equal(claim('a', { token: job.token }).kind, 'gone')
  })

  test(`after ${MAX_ATTEMPTS} failures a job is not tried again, and the answer names the last reason`, () => {
    for (let number = 1; number <= MAX_ATTEMPTS; number++) {
      assert.equal(
        endAttempt(db, { attempt: assigned(claim('a')), outcome: 'failed', reason: `reason ${number}` }),
        true,
      )
    }
    const answer = claim('b')
    assert.equal(answer.kind, 'exhausted')
    assert.match(answer.kind === 'exhausted' ? answer.reason : '', /3 attempts failed.*reason 3/)
  })

  test(`after ${MAX_DEATHS} workers died over it, a job is not tried again`, () => {
    for (let death = 1; death <= MAX_DEATHS; death++) assigned(claim(`worker ${death}`))
    const answer = claim('the next')
    assert.equal(answer.kind, 'exhausted')
    assert.match(answer.kind === 'exhausted' ? answer.reason : '', /5 workers died/)
  })

  test('a job that workers give back 20 times can still be claimed', () => {
    for (let times = 0; times < 20; times++) {
      assert.equal(endAttempt(db, { attempt: assigned(claim('sick')), outcome: 'returned', reason: 'no way' }), true)
    }
    assert.equal(claim('healthy').kind, 'assigned')
  })

  test('an attempt can be ended only once', () => {
    const attempt = assigned(claim('a'))
    assert.equal(endAttempt(db, { attempt, outcome: 'failed', reason: '' }), true)
    assert.equal(endAttempt(db, { attempt, outcome: 'failed', reason: '' }), false)
  })

  test('song ids are not used again, even after all songs were deleted', () => {
    const before = newSong(db)
    db.change('DELETE FROM songs')
    assert.ok(newSong(db) > before)
    assert.equal(getSong(db, before), undefined)
  })
})
