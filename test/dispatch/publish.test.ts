import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decide } from '../../src/dispatch/decide.ts'
import { Playheads } from '../../src/dispatch/playheads.ts'
import { countOpenSlots } from '../../src/dispatch/publish.ts'
import type { ModelSlots } from '../../src/dispatch/snapshot.ts'
import type { Job, SeparationJob } from '../../src/store/queries/jobs.ts'
import { jobAt, snapshotOf, songOf } from '../support/snapshot.ts'

const from = (first: number, last: number, changes: Partial<SeparationJob> = {}) =>
  Array.from({ length: last + 1 - first }, (_, i) => jobAt(first + i, changes))

/** song:segment, or the id of a job for lyrics. */
function nameOf(job: Job): string {
  return job.kind === 'separate' ? `${job.songId}:${job.segment}` : `${job.id}`
}

describe('The jobs to publish', () => {
  /** The published jobs, as song:segment. */
  function published(models: ModelSlots[], changes: Parameters<typeof snapshotOf>[0] = {}): string[] {
    const decisions = decide(snapshotOf({ ...changes, openSlots: { models, idleWorkers: 0 } }), 0)
    return decisions.flatMap((each) => (each.kind === 'publish' ? [nameOf(each.job)] : []))
  }
  const turn = (songId: number, last: number, hasMore = false) => ({
    songId,
    waiting: from(0, last, { songId }),
    hasMore,
  })

  test('are at most two for each worker: a running and a waiting one', () => {
    assert.equal(countOpenSlots({ workers: 0, outstanding: 0 }), 0)
    assert.equal(countOpenSlots({ workers: 3, outstanding: 1 }), 5)
    assert.equal(countOpenSlots({ workers: 1, outstanding: 9 }), 0)
    const nextSongs = [turn(1, 9)]
    assert.deepEqual(published([{ modelId: 'm-1', slots: 2, nextSongs }]), ['1:0', '1:1'])
    assert.deepEqual(published([{ modelId: 'm-1', slots: 0, nextSongs }]), [])
  })

  test('are one of each song in turn, from the song that has waited longest', () => {
    const nextSongs = [turn(2, 1), turn(1, 3)]
    assert.deepEqual(published([{ modelId: 'm-1', slots: 9, nextSongs }]), ['2:0', '1:0', '2:1', '1:1', '1:2', '1:3'])
  })

  test('end before a song whose further jobs the snapshot lacks, so that no other song takes its turn', () => {
    const nextSongs = [turn(1, 0, true), turn(2, 5)]
    assert.deepEqual(published([{ modelId: 'm-1', slots: 6, nextSongs }]), ['1:0', '2:0'])
  })

  test('are first those of the prefetch window, the segment before the playhead and the ten after it included', () => {
    const heard = from(0, 29, { songId: 2 })
    const models = [{ modelId: 'm-1', slots: 14, nextSongs: [turn(2, 13), turn(1, 1)] }]
    const songs = [songOf({ id: 2 })]
    const out = published(models, { jobs: heard, songs, playheads: [{ songId: 2, segment: 10 }] })
    assert.deepEqual(out, [...from(9, 20).map(({ segment }) => `2:${segment}`), '1:0', '2:0'])
  })

  test('are first those of the listener who moved last, and none is published twice', () => {
    const jobs = from(0, 29)
    const playheads = [
      { songId: 1, segment: 15 },
      { songId: 1, segment: 4 },
    ]
    const models = [{ modelId: 'm-1', slots: 14, nextSongs: [turn(1, 13)] }]
    const expected = [...from(14, 25), ...from(3, 4)].map(({ segment }) => `1:${segment}`)
    assert.deepEqual(published(models, { jobs, playheads }), expected)
  })

  test('are only jobs of models that workers have, even in a prefetch window', () => {
    const jobs = [jobAt(0, { modelId: 'm-2' })]
    const playheads = [{ songId: 1, segment: 0 }]
    assert.deepEqual(published([{ modelId: 'm-1', slots: 5, nextSongs: [] }], { jobs, playheads }), [])
    assert.deepEqual(published([{ modelId: 'm-2', slots: 5, nextSongs: [] }], { jobs, playheads }), ['1:0'])
  })

  test('are decided anew after an answered claim, because the claim changes the ledger', () => {
    const claim = { kind: 'claim' as const, id: 1, worker: 'w', job: undefined, cameDuringUploadEnd: false, wait: null }
    const openSlots = { models: [{ modelId: 'm-1', slots: 1, nextSongs: [turn(1, 1)] }], idleWorkers: 0 }
    const decisions = decide(snapshotOf({ claims: [claim, { ...claim, id: 2 }], openSlots }), 0)
    assert.deepEqual(decisions, [{ kind: 'assign', request: claim, swapFor: null }])
  })
})

describe('The playheads', () => {
  test('are listed with the last one to move first, and removed 30 s after their last report', () => {
    const playheads = new Playheads()
    playheads.place('one', { songId: 1, segment: 3 }, 0)
    playheads.place('two', { songId: 2, segment: 0 }, 10_000)
    playheads.place('one', { songId: 1, segment: 9 }, 20_000)
    const places = (now: number) => playheads.list(now).map(({ songId, segment }) => `${songId}:${segment}`)
    assert.deepEqual(places(20_000), ['1:9', '2:0'])
    assert.deepEqual(places(45_000), ['1:9'])
    assert.deepEqual(places(60_000), [])
    for (let i = 0; i < 5_000; i++) playheads.place(`${i}`, { songId: i, segment: 0 }, 60_000)
    assert.equal(places(60_000).length, 1_000)
  })

  test('include a seek decode before its listener has reported a playhead', () => {
    const playheads = new Playheads()
    const end = playheads.beginSeekDecode({ songId: 1, from: 19, to: 31 })
    assert.deepEqual(playheads.list(0), [{ songId: 1, segment: 19, isDecoding: true }])
    playheads.place('one', { songId: 1, segment: 20 }, 0)
    assert.deepEqual(playheads.list(0), [{ songId: 1, segment: 20, isDecoding: true }])
    end()
    assert.deepEqual(playheads.list(0), [{ songId: 1, segment: 20, isDecoding: false }])
  })
})
