import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decide } from '../../src/dispatch/decide.ts'
import { countLyricsSlots, SEPARATIONS_PER_LYRICS_JOB } from '../../src/dispatch/lyrics-turn.ts'
import type { LyricsQueue, OpenSlots, Snapshot } from '../../src/dispatch/snapshot.ts'
import type { SeparationJob } from '../../src/store/queries/jobs.ts'
import {
  claimedBy,
  claimOf,
  jobAt,
  lyricsJob,
  SPEECH_MODEL,
  snapshotOf,
  songOf,
  workerOf,
} from '../support/snapshot.ts'

const MODELS = ['m-1', SPEECH_MODEL]
const AT_BEGINNING = [{ songId: 1, segment: 0 }]

/** A worker with both models, and three jobs for lyrics that wait. */
function lyricsSnapshot({
  queue = {},
  slots = [{ modelId: 'm-1', slots: 2, nextSongs: [] }],
  idleWorkers = 0,
  ...changes
}: {
  queue?: Partial<LyricsQueue>
  slots?: OpenSlots['models']
  idleWorkers?: number
} & Parameters<typeof snapshotOf>[0] = {}): Snapshot {
  return snapshotOf({
    workers: [workerOf('a', { models: MODELS })],
    songs: [songOf({ isDecoded: true })],
    openSlots: { models: slots, idleWorkers },
    lyrics: {
      modelsWithFirstSound: new Set(),
      separationsSinceLast: 0,
      models: [{ modelId: SPEECH_MODEL, slots: 1, waiting: [lyricsJob(1), lyricsJob(2), lyricsJob(3)] }],
      ...queue,
    },
    ...changes,
  })
}

function published(snapshot: Snapshot): number[] {
  return decide(snapshot, 0).flatMap((each) =>
    each.kind === 'publish' && each.job.kind === 'lyrics' ? [each.job.id] : [],
  )
}

const waitingSongs = [{ modelId: 'm-1', slots: 1, nextSongs: [{ songId: 2, waiting: [jobAt(40)], hasMore: true }] }]

describe('The jobs for lyrics to publish', () => {
  test('are one for each worker while no separation waits', () => {
    assert.equal(countLyricsSlots({ workers: 2, outstanding: 1 }), 1)
    assert.equal(countLyricsSlots({ workers: 2, outstanding: 3 }), 0)
    assert.deepEqual(published(lyricsSnapshot()), [1])
    const models = [{ modelId: SPEECH_MODEL, slots: 2, waiting: [lyricsJob(1), lyricsJob(2)] }]
    assert.deepEqual(published(lyricsSnapshot({ queue: { models } })), [1, 2])
  })

  test('are one after so many separations while others wait, however many slots there are', () => {
    const models = [{ modelId: SPEECH_MODEL, slots: 2, waiting: [lyricsJob(1), lyricsJob(2)] }]
    const after = (separationsSinceLast: number, slots = waitingSongs) =>
      published(lyricsSnapshot({ slots, queue: { models, separationsSinceLast } }))
    assert.deepEqual(after(SEPARATIONS_PER_LYRICS_JOB - 1), [])
    assert.deepEqual(after(SEPARATIONS_PER_LYRICS_JOB), [1])
    const allTaken = [{ modelId: 'm-1', slots: 0, nextSongs: [] }]
    assert.deepEqual(after(SEPARATIONS_PER_LYRICS_JOB - 1, allTaken), [], 'more may wait behind full slots')
  })

  test('are none while a separation that a listener hears within 40 s waits or is published', () => {
    for (const [segment, state, expected] of [
      [0, 'waiting', []],
      [10, 'waiting', []],
      [10, 'published', []],
      [10, 'claimed', [1]],
      [10, 'done', [1]],
      [11, 'waiting', [1]],
    ] as [number, SeparationJob['state'], number[]][]) {
      const first = jobAt(0, { state: 'done', blockSha256: 'x' })
      const jobs = [first, jobAt(segment, { state })]
      assert.deepEqual(published(lyricsSnapshot({ jobs, playheads: AT_BEGINNING })), expected, `${segment} ${state}`)
    }
  })

  test('are none while sound at a playhead is about to be decoded', () => {
    const songs = [songOf({ isDecoded: false })]
    assert.deepEqual(published(lyricsSnapshot({ songs, playheads: [{ songId: 1, segment: 35 }] })), [])
    const decoding = [{ songId: 1, segment: 500, isDecoding: true }]
    assert.deepEqual(published(lyricsSnapshot({ songs, playheads: decoding })), [])
    assert.deepEqual(published(lyricsSnapshot({ songs, playheads: [{ songId: 1, segment: 500 }] })), [1])
  })

  test('are none while the first job of any song of the same workers waits', () => {
    const modelsWithFirstSound = new Set(['m-1'])
    assert.deepEqual(published(lyricsSnapshot({ queue: { modelsWithFirstSound } })), [])
    const others = new Set(['m-2'])
    assert.deepEqual(published(lyricsSnapshot({ queue: { modelsWithFirstSound: others } })), [1])
  })

  test('do not wait for separations that their workers cannot do', () => {
    const workers = [workerOf('a', { models: [SPEECH_MODEL] }), workerOf('b', { models: ['m-1'] })]
    const jobs = [jobAt(0)]
    assert.deepEqual(published(lyricsSnapshot({ workers, jobs, playheads: AT_BEGINNING, slots: waitingSongs })), [1])
  })
})

describe('The claim of a job for lyrics', () => {
  const job = lyricsJob(7, { state: 'published', generation: 1 })
  const decided = (changes: Parameters<typeof lyricsSnapshot>[0]) =>
    decide(lyricsSnapshot({ claims: [claimOf('a', job)], ...changes }), 0).map(({ kind }) => kind)

  test('is answered with the job when no separation is urgent', () => {
    assert.deepEqual(decided({}), ['assign'])
    assert.deepEqual(
      decided({ slots: waitingSongs }),
      ['assign'],
      'separations that nobody hears soon have their turns',
    )
  })

  test('takes the invitation back when a listener or a first sound needs its worker', () => {
    assert.deepEqual(decided({ jobs: [jobAt(3)], playheads: AT_BEGINNING }), ['withdraw'])
    assert.deepEqual(decided({ queue: { modelsWithFirstSound: new Set(['m-1']) } }), ['withdraw'])
  })

  test('is answered as it is for a job that has begun', () => {
    const claims = [claimOf('a', { ...job, state: 'claimed' })]
    assert.deepEqual(decided({ claims, jobs: [jobAt(3)], playheads: AT_BEGINNING }), ['assign'])
  })

  test('waits while its machine works on a first sound', () => {
    const workers = [workerOf('a', { models: MODELS, host: 'one' }), workerOf('b', { models: MODELS, host: 'one' })]
    const jobs = [claimedBy('b', 0)]
    assert.deepEqual(decided({ workers, jobs, playheads: AT_BEGINNING, queue: { models: [] } }), ['delay'])
  })
})

describe('Preemption of jobs for lyrics', () => {
  const atLyrics = [lyricsJob(7, { state: 'claimed', worker: 'a', attempt: 1 })]
  const preempted = (changes: Parameters<typeof lyricsSnapshot>[0]) =>
    decide(lyricsSnapshot({ claimedLyrics: atLyrics, ...changes }), 0).flatMap((each) =>
      each.kind === 'preempt' ? each.jobs.map(({ id }) => id) : [],
    )

  test('stops them before separations for a listener who has moved', () => {
    const playheads = [{ songId: 1, segment: 20 }]
    const workers = [workerOf('a', { models: MODELS }), workerOf('b', { models: MODELS })]
    const jobs = [claimedBy('b', 0), jobAt(19, { state: 'done' }), jobAt(20)]
    assert.deepEqual(preempted({ workers, jobs, playheads }), [7])
    assert.deepEqual(preempted({ workers, jobs, playheads, idleWorkers: 1 }), [])
  })

  test('stops one for the first sound of a song without a listener, if no worker is idle', () => {
    const queue = { modelsWithFirstSound: new Set(['m-1']) }
    assert.deepEqual(preempted({ queue }), [7])
    assert.deepEqual(preempted({ queue, idleWorkers: 1 }), [])
    assert.deepEqual(preempted({}), [])
  })

  test('stops none in its second attempt, and none whose worker could not do the separation', () => {
    const queue = { modelsWithFirstSound: new Set(['m-1']) }
    const again = [lyricsJob(7, { state: 'claimed', worker: 'a', attempt: 2 })]
    assert.deepEqual(preempted({ queue, claimedLyrics: again }), [])
    assert.deepEqual(preempted({ queue, workers: [workerOf('a', { models: [SPEECH_MODEL] })] }), [])
  })
})
