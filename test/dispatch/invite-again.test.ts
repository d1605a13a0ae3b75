import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decide } from '../../src/dispatch/decide.ts'
import { QUEUE_IDLE_MS, RECONNECT_GRACE_MS } from '../../src/dispatch/invite-again.ts'
import type { LossEvidence } from '../../src/dispatch/snapshot.ts'
import { claimedBy, jobAt, snapshotOf, workerOf } from '../support/snapshot.ts'

describe('A lost invitation', () => {
  const idle = workerOf('w')

  /** Whether a job that was published this long ago is published again. */
  function isRepeated(ageMs: number, changes: Partial<LossEvidence> = {}, workers = [idle]): boolean {
    const lossEvidence: LossEvidence = {
      published: [{ job: jobAt(0, { state: 'published' }), ageMs }],
      lastClaimAgeMs: 1_000_000,
      reconnectAgeMs: null,
      knownWorkers: new Set(['w']),
      ...changes,
    }
    return isPublishedAgain(snapshotOf({ workers, lossEvidence }))
  }

  function isPublishedAgain(snapshot: ReturnType<typeof snapshotOf>): boolean {
    return decide(snapshot, 0).some((decision) => decision.kind === 'publish' && decision.isAgain)
  }

  test('is sent again if no worker claims it for ten seconds although one is idle', () => {
    assert.equal(isRepeated(QUEUE_IDLE_MS - 1), false)
    assert.equal(isRepeated(QUEUE_IDLE_MS), true)
    assert.equal(isRepeated(QUEUE_IDLE_MS, {}, [workerOf('w', { state: 'busy' })]), false, 'no worker is idle')
    assert.equal(isRepeated(QUEUE_IDLE_MS, {}, [workerOf('w', { models: ['m-2'] })]), false, 'no worker has the model')
    assert.equal(isRepeated(QUEUE_IDLE_MS, { lastClaimAgeMs: 4_000 }), false, 'others are being claimed')
  })

  test('is sent again if it was sent before the connection broke', () => {
    const none: never[] = []
    assert.equal(isRepeated(9_000, { reconnectAgeMs: RECONNECT_GRACE_MS - 1 }, none), false)
    assert.equal(isRepeated(9_000, { reconnectAgeMs: RECONNECT_GRACE_MS }, none), true)
    assert.equal(
      isRepeated(1_000, { reconnectAgeMs: RECONNECT_GRACE_MS }, none),
      false,
      'it was sent after the reconnect',
    )
  })

  test('is sent again if the worker that claimed the job is silent', () => {
    const orphaned = (knownWorkers: LossEvidence['knownWorkers']) => {
      const lossEvidence = { published: [], lastClaimAgeMs: 0, reconnectAgeMs: null, knownWorkers }
      return isPublishedAgain(snapshotOf({ jobs: [claimedBy('w', 0)], lossEvidence }))
    }
    assert.equal(orphaned(new Set(['w'])), false)
    assert.equal(orphaned(new Set(['another'])), true)
    assert.equal(orphaned(null), false, 'the server has just started')
  })
})
