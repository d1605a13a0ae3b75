import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { jobsToOfferAgain, QUEUE_IDLE_MS, RECONNECT_GRACE_MS, type Sight } from '../../src/dispatch/watch.ts'
import { openPlaces } from '../../src/dispatch/window.ts'
import type { Job } from '../../src/store/jobs.ts'

describe('what is offered again', () => {
  const job: Job = {
    id: 1,
    songId: 1,
    modelId: 'm-1',
    segment: 0,
    state: 'published',
    generation: 1,
    token: 't',
    publishedAt: 1_000,
    worker: 'w',
    attempt: 0,
    seconds: 0,
    resultSha256: null,
    blockSha256: null,
    isProvisional: false,
  }
  const sight: Sight = {
    now: 1_000,
    published: [job],
    claimed: [],
    lastClaimAt: 0,
    reconnectedAt: null,
    idleWorkersFor: () => 1,
    isWorkerKnown: () => true,
  }

  test('an invitation that nobody takes for ten seconds though somebody is idle', () => {
    assert.deepEqual(jobsToOfferAgain({ ...sight, now: 1_000 + QUEUE_IDLE_MS - 1 }), [])
    assert.deepEqual(jobsToOfferAgain({ ...sight, now: 1_000 + QUEUE_IDLE_MS }), [job])
    assert.deepEqual(jobsToOfferAgain({ ...sight, now: 1_000 + QUEUE_IDLE_MS, idleWorkersFor: () => 0 }), [])
    assert.deepEqual(jobsToOfferAgain({ ...sight, now: 1_000 + QUEUE_IDLE_MS, lastClaimAt: 5_000 }), [])
  })

  test('one that was on its way when the connection broke', () => {
    const broken = { ...sight, reconnectedAt: 2_000, idleWorkersFor: () => 0 }
    assert.deepEqual(jobsToOfferAgain({ ...broken, now: 2_000 + RECONNECT_GRACE_MS - 1 }), [])
    assert.deepEqual(jobsToOfferAgain({ ...broken, now: 2_000 + RECONNECT_GRACE_MS }), [job])
    const later = { ...job, publishedAt: 3_000 }
    assert.deepEqual(jobsToOfferAgain({ ...broken, published: [later], now: 2_000 + RECONNECT_GRACE_MS }), [])
  })

  test('one whose worker has fallen silent', () => {
    const claimed: Job = { ...job, state: 'claimed' }
    assert.deepEqual(jobsToOfferAgain({ ...sight, published: [], claimed: [claimed] }), [])
    assert.deepEqual(jobsToOfferAgain({ ...sight, published: [], claimed: [claimed], isWorkerKnown: () => false }), [
      claimed,
    ])
  })

  test('at most one running and one waiting job per worker are out', () => {
    assert.equal(openPlaces({ workers: 0, outstanding: 0 }), 0)
    assert.equal(openPlaces({ workers: 3, outstanding: 1 }), 5)
    assert.equal(openPlaces({ workers: 1, outstanding: 9 }), 0)
  })
})
