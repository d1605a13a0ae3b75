import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decide } from '../../src/dispatch/decide.ts'
import type { Playhead } from '../../src/dispatch/playheads.ts'
import type { Job } from '../../src/store/queries/jobs.ts'
import type { SongInWork } from '../../src/store/queries/scheduling.ts'
import { claimedBy, jobAt, snapshotOf, songOf } from '../support/snapshot.ts'

describe('what workers stop for a listener who has jumped', () => {
  const atBeginning = [claimedBy('a', 0), claimedBy('b', 1)]
  const near20 = [jobAt(19), jobAt(20)]

  function preempted({
    jobs = [...atBeginning, ...near20],
    playheads = [{ songId: 1, segment: 20 }],
    idle = 0,
    song = {},
  }: {
    jobs?: Job[]
    playheads?: Playhead[]
    idle?: number
    song?: Partial<SongInWork>
  } = {}): number[] {
    const songs = [songOf(song)]
    const decisions = decide(snapshotOf({ jobs, playheads, songs, openSlots: { models: [], idleWorkers: idle } }), 0)
    return decisions.flatMap((each) => (each.kind === 'preempt' ? each.jobs.map(({ segment }) => segment) : []))
  }

  test('as many jobs are stopped as the listener needs begun, the later ones first', () => {
    assert.deepEqual(preempted(), [1, 0])
    assert.deepEqual(preempted({ idle: 1 }), [1])
    assert.deepEqual(preempted({ idle: 2 }), [])
    assert.deepEqual(preempted({ jobs: [...atBeginning, claimedBy('c', 19), jobAt(20)] }), [1])
    assert.deepEqual(preempted({ jobs: [...atBeginning, claimedBy('c', 19), claimedBy('d', 20)] }), [])
  })

  test('nothing is stopped for nobody, or for a block that is final', () => {
    assert.deepEqual(preempted({ playheads: [] }), [])
    assert.deepEqual(preempted({ jobs: [...atBeginning, jobAt(19), jobAt(20, { blockSha256: 'x' })] }), [])
  })

  test('for a place that is not decoded something is stopped only where a decoder is about to be there', () => {
    assert.deepEqual(preempted({ playheads: [{ songId: 1, segment: 50 }] }), [])
    assert.deepEqual(preempted({ playheads: [{ songId: 1, segment: 50, isDecoding: true }] }), [1, 0])
    assert.deepEqual(preempted({ playheads: [{ songId: 1, segment: 49 }] }), [1, 0])
    assert.deepEqual(preempted({ playheads: [{ songId: 1, segment: 49 }], song: { isDecoded: true } }), [])
  })

  test('no job is stopped a second time', () => {
    assert.deepEqual(preempted({ jobs: [claimedBy('a', 0), claimedBy('b', 1, { attempt: 2 }), ...near20] }), [0])
  })

  test('nothing that somebody hears soon is stopped', () => {
    const playheads = [20, 1].map((segment) => ({ songId: 1, segment }))
    assert.deepEqual(preempted({ playheads }), [])
  })

  test('no job of another model is stopped: its worker may not be able to do what is needed', () => {
    const jobs = [claimedBy('a', 0, { modelId: 'm-2', songId: 2 }), ...near20]
    assert.deepEqual(preempted({ jobs }), [])
  })

  test('only the listener who moved last has something stopped', () => {
    const playheads = [
      { songId: 7, segment: 0 },
      { songId: 1, segment: 20 },
    ]
    assert.deepEqual(preempted({ playheads }), [])
  })
})
