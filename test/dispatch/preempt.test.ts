import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decide } from '../../src/dispatch/decide.ts'
import type { Playhead } from '../../src/dispatch/playheads.ts'
import type { SeparationJob } from '../../src/store/queries/jobs.ts'
import type { SongInWork } from '../../src/store/queries/scheduling.ts'
import { claimedBy, jobAt, snapshotOf, songOf } from '../support/snapshot.ts'

describe('Preemption for a listener who has jumped', () => {
  const atBeginning = [claimedBy('a', 0), claimedBy('b', 1)]
  const near20 = [jobAt(19), jobAt(20)]

  function preempted({
    jobs = [...atBeginning, ...near20],
    playheads = [{ songId: 1, segment: 20 }],
    idle = 0,
    song = {},
  }: {
    jobs?: SeparationJob[]
    playheads?: Playhead[]
    idle?: number
    song?: Partial<SongInWork>
  } = {}): number[] {
    const songs = [songOf(song)]
    const decisions = decide(snapshotOf({ jobs, playheads, songs, openSlots: { models: [], idleWorkers: idle } }), 0)
    return decisions.flatMap((each) =>
      each.kind === 'preempt' ? each.jobs.map((job) => (job.kind === 'separate' ? job.segment : -job.id)) : [],
    )
  }

  test('as many far jobs are preempted as the listener has jobs not begun, the latest segment first', () => {
    assert.deepEqual(preempted(), [1, 0])
    assert.deepEqual(preempted({ idle: 1 }), [1])
    assert.deepEqual(preempted({ idle: 2 }), [])
    assert.deepEqual(preempted({ jobs: [...atBeginning, claimedBy('c', 19), jobAt(20)] }), [1])
    assert.deepEqual(preempted({ jobs: [...atBeginning, claimedBy('c', 19), claimedBy('d', 20)] }), [])
  })

  test('no job is preempted without a listener, or for a final block', () => {
    assert.deepEqual(preempted({ playheads: [] }), [])
    assert.deepEqual(preempted({ jobs: [...atBeginning, jobAt(19), jobAt(20, { blockSha256: 'x' })] }), [])
  })

  test('for a block that is not decoded, jobs are preempted only if it will be decoded soon', () => {
    assert.deepEqual(preempted({ playheads: [{ songId: 1, segment: 50 }] }), [])
    assert.deepEqual(preempted({ playheads: [{ songId: 1, segment: 50, isDecoding: true }] }), [1, 0])
    assert.deepEqual(preempted({ playheads: [{ songId: 1, segment: 49 }] }), [1, 0])
    assert.deepEqual(preempted({ playheads: [{ songId: 1, segment: 49 }], song: { isDecoded: true } }), [])
  })

  test('no job is preempted in its second attempt', () => {
    assert.deepEqual(preempted({ jobs: [claimedBy('a', 0), claimedBy('b', 1, { attempt: 2 }), ...near20] }), [0])
  })

  test('no job in a prefetch window is preempted', () => {
    const playheads = [20, 1].map((segment) => ({ songId: 1, segment }))
    assert.deepEqual(preempted({ playheads }), [])
  })

  test('no job of another model is preempted, because its worker may not have the needed model', () => {
    const jobs = [claimedBy('a', 0, { modelId: 'm-2', songId: 2 }), ...near20]
    assert.deepEqual(preempted({ jobs }), [])
  })

  test('jobs are preempted only for the listener who moved last', () => {
    const playheads = [
      { songId: 7, segment: 0 },
      { songId: 1, segment: 20 },
    ]
    assert.deepEqual(preempted({ playheads }), [])
  })
})
