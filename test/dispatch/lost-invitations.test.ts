import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decide } from '../../src/dispatch/decide.ts'
import { QUEUE_IDLE_MS, RECONNECT_GRACE_MS } from '../../src/dispatch/lost-invitations.ts'
import type { LossEvidence } from '../../src/dispatch/snapshot.ts'
import { claimedBy, jobAt, snapshotOf, workerOf } from '../support/snapshot.ts'

describe('what is offered again', () => {
  const idle = workerOf('w')

  /** Whether the only job, sent so long ago, is published again. */
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

  test('an invitation is repeated that nobody claims for ten seconds though somebody is idle', () => {
    assert.equal(isRepeated(QUEUE_IDLE_MS - 1), false)
    assert.equal(isRepeated(QUEUE_IDLE_MS), true)
    assert.equal(isRepeated(QUEUE_IDLE_MS, {}, [workerOf('w', { state: 'busy' })]), false, 'nobody is idle')
    assert.equal(isRepeated(QUEUE_IDLE_MS, {}, [workerOf('w', { models: ['m-2'] })]), false, 'nobody has the model')
    assert.equal(isRepeated(QUEUE_IDLE_MS, { lastClaimAgeMs: 4_000 }), false, 'others are being claimed')
  })

  test('an invitation is repeated that was on its way when the connection broke', () => {
    const nobody: never[] = []
    assert.equal(isRepeated(9_000, { reconnectAgeMs: RECONNECT_GRACE_MS - 1 }, nobody), false)
    assert.equal(isRepeated(9_000, { reconnectAgeMs: RECONNECT_GRACE_MS }, nobody), true)
    assert.equal(isRepeated(1_000, { reconnectAgeMs: RECONNECT_GRACE_MS }, nobody), false, 'sent after it')
  })

  test('a job is offered again whose worker has fallen silent', () => {
    const orphaned = (knownWorkers: LossEvidence['knownWorkers']) => {
      const lossEvidence = { published: [], lastClaimAgeMs: 0, reconnectAgeMs: null, knownWorkers }
      return isPublishedAgain(snapshotOf({ jobs: [claimedBy('w', 0)], lossEvidence }))
    }
    assert.equal(orphaned(new Set(['w'])), false)
    assert.equal(orphaned(new Set(['another'])), true)
    assert.equal(orphaned(null), false, 'the server has just been started')
  })
})
