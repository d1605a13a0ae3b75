import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decide } from '../../src/dispatch/decide.ts'
import type { Snapshot } from '../../src/dispatch/snapshot.ts'
import { DELIVERY_MS, MAX_WAIT_MS, type Wait } from '../../src/dispatch/yield-to-first-sound.ts'
import { claimedBy, claimOf, decoderOf, jobAt, snapshotOf, songOf, workerOf } from '../support/snapshot.ts'

const NOW = 50_000
const published = (segment: number) => jobAt(segment, { state: 'published' })
const finished = (segment: number) => jobAt(segment, { state: 'done', blockSha256: 'x' })
const separated = (segment: number) => jobAt(segment, { state: 'done' })

/** Two workers on one machine and one on another. */
const workers = [
  workerOf('asks', { host: 'shared' }),
  workerOf('beside', { host: 'shared' }),
  workerOf('far away', { host: 'elsewhere' }),
]
/** The same on the server's machine. */
const onServer = workers.map((worker) => (worker.host === 'shared' ? { ...worker, host: 'server' } : worker))

/** How the only request of a snapshot waits. Null if it is not delayed. */
function waitIn(snapshot: Snapshot, nowMs = NOW): Wait | null {
  const [decision] = decide(snapshot, nowMs)
  assert.ok(decision?.kind === 'delay' || decision?.kind === 'assign')
  return decision.kind === 'delay' ? decision.wait : null
}

describe('The wait of a claim', () => {
  const first: Wait = { for: 'first-sound', untilMs: NOW + MAX_WAIT_MS }
  const heardAt20 = [{ songId: 1, segment: 20 }]
  const decodedAt = (segment: number) => [{ songId: 1, segment, isDecoding: true }]
  const claims = [claimOf('asks', published(1))]

  const table: [name: string, snapshot: Parameters<typeof snapshotOf>[0], wait: Wait | null][] = [
    ['no worker has a job', { workers, jobs: [published(0), published(1)] }, null],
    ['another worker of its machine has the first job of a song', { workers, jobs: [claimedBy('beside', 0)] }, first],
    ['a worker of another machine has the first job', { workers, jobs: [claimedBy('far away', 0)] }, null],
    ['its own worker has the first job, by an earlier delivery', { workers, jobs: [claimedBy('asks', 0)] }, null],
    [
      'the first job is in its second attempt, which may be as slow',
      { workers, jobs: [claimedBy('beside', 0, { attempt: 2 })] },
      null,
    ],
    ['the first block is final', { workers, jobs: [claimedBy('beside', 0, { blockSha256: 'x' })] }, null],
    [
      'another worker of its machine has a job that makes no first sound',
      { workers, jobs: [claimedBy('beside', 5)] },
      null,
    ],
    [
      'another worker of its machine has the job at a playhead',
      { workers, jobs: [finished(19), claimedBy('beside', 20)], playheads: heardAt20 },
      first,
    ],
    [
      'another worker of its machine has the segment before a playhead, whose tail is needed',
      { workers, jobs: [claimedBy('beside', 19), claimedBy('far away', 20)], playheads: heardAt20 },
      first,
    ],
    [
      'the block at the playhead is final',
      { workers, jobs: [claimedBy('beside', 19), finished(20)], playheads: heardAt20 },
      null,
    ],
    [
      'it will be swapped for a job that makes a first sound too',
      { workers, jobs: [claimedBy('beside', 19), jobAt(20)], playheads: heardAt20 },
      null,
    ],
    ['the server decodes at a playhead, on its machine', { workers: onServer, playheads: decodedAt(99) }, first],
    ['the server decodes at a playhead, on another machine', { workers, playheads: decodedAt(99) }, null],
    [
      'the server decodes at a playhead whose block is final',
      { workers: onServer, jobs: [finished(20)], playheads: decodedAt(20) },
      null,
    ],
    [
      'the server assembles the block at a playhead, on its machine',
      { workers: onServer, jobs: [separated(19), separated(20)], playheads: heardAt20 },
      first,
    ],
    [
      'one of the two results of the block at a playhead is missing',
      { workers: onServer, jobs: [claimedBy('far away', 19), separated(20)], playheads: heardAt20 },
      null,
    ],
    [
      'the decoding of a song will soon reach a playhead, on its machine',
      { workers: onServer, playheads: [{ songId: 1, segment: 49 }] },
      first,
    ],
    [
      'the decoding of a song will soon reach a playhead, on another machine',
      { workers, playheads: [{ songId: 1, segment: 49 }] },
      null,
    ],
    [
      'the decoding of a song is more than 20 s before a playhead',
      { workers: onServer, playheads: [{ songId: 1, segment: 50 }] },
      null,
    ],
    [
      'the song is decoded and ends before the playhead',
      { workers: onServer, songs: [songOf({ isDecoded: true })], playheads: [{ songId: 1, segment: 49 }] },
      null,
    ],
    [
      'the file of the song is still being uploaded',
      { workers: onServer, songs: [songOf({ isUploading: true })], playheads: [{ songId: 1, segment: 49 }] },
      null,
    ],
    ['its worker is unknown', { workers: workers.slice(1), jobs: [claimedBy('beside', 0)] }, null],
    [
      'no other process runs on its machine',
      { workers: [workers[0] ?? assert.fail()], jobs: [claimedBy('beside', 0)] },
      null,
    ],
  ]
  for (const [name, snapshot, wait] of table) {
    test(`${wait ? 'a claim waits' : 'a claim is answered'}: ${name}`, () => {
      assert.deepEqual(waitIn(snapshotOf({ claims, ...snapshot })), wait)
    })
  }

  test('a claim of a job that makes a first sound does not wait for another such job', () => {
    const jobs = [claimedBy('beside', 0), jobAt(0, { songId: 2, state: 'published' })]
    const invited = jobs[1] ?? assert.fail()
    const snapshot = snapshotOf({
      workers,
      jobs,
      songs: [songOf(), songOf({ id: 2 })],
      claims: [claimOf('asks', invited)],
    })
    assert.equal(waitIn(snapshot), null)
  })

  test('a claim whose invitation is out of date is answered at once', () => {
    const snapshot = snapshotOf({ workers, jobs: [claimedBy('beside', 0)], claims: [claimOf('asks')] })
    assert.equal(waitIn(snapshot), null)
  })
})

describe('The wait of a claim', () => {
  const busy = { workers: onServer, jobs: [claimedBy('beside', 0)] }
  const done = { workers: onServer, jobs: [finished(0)] }
  const claimWith = (wait: Wait | null, changes = {}) => [claimOf('asks', published(5), { wait, ...changes })]
  const firstSound: Wait = { for: 'first-sound', untilMs: NOW + 500 }
  const upload: Wait = { for: 'upload', untilMs: NOW + MAX_WAIT_MS }
  const duringUpload = { cameDuringUploadEnd: true }
  const ending = [NOW + 300]

  test('lasts while the machine is busy with a first sound, until its deadline', () => {
    assert.deepEqual(waitIn(snapshotOf({ ...busy, claims: claimWith(firstSound) })), firstSound)
    assert.equal(waitIn(snapshotOf({ ...busy, claims: claimWith(firstSound) }), NOW + 500), null)
  })

  test('lasts 250 ms longer after the first sound, until the page has the block', () => {
    const delivery = waitIn(snapshotOf({ ...done, claims: claimWith(firstSound) }))
    assert.deepEqual(delivery, { for: 'delivery', untilMs: NOW + DELIVERY_MS })
    assert.deepEqual(waitIn(snapshotOf({ ...busy, claims: claimWith(delivery) })), delivery)
    assert.equal(waitIn(snapshotOf({ ...busy, claims: claimWith(delivery) }), NOW + DELIVERY_MS), null)
  })

  test('ends at once when its own job begins to make a first sound', () => {
    const playheads = [{ songId: 1, segment: 5 }]
    const jobs = [claimedBy('beside', 0), published(5)]
    assert.equal(waitIn(snapshotOf({ workers: onServer, jobs, playheads, claims: claimWith(firstSound) })), null)
  })

  test('for the upload of a song that is already played lasts at most another 1.2 s', () => {
    const snapshot = snapshotOf({
      workers: onServer,
      uploadsEndingUntilMs: ending,
      claims: claimWith(null, duringUpload),
    })
    assert.deepEqual(
      decide(snapshot, NOW).map(({ kind, ...rest }) => ({
        kind,
        ...('wait' in rest && { wait: rest.wait, untilMs: rest.untilMs }),
      })),
      [{ kind: 'delay', wait: upload, untilMs: NOW + 300 }],
    )
    const goesOn = snapshotOf({
      workers: onServer,
      uploadsEndingUntilMs: ending,
      claims: claimWith(upload, duringUpload),
    })
    assert.deepEqual(waitIn(goesOn), upload)
    assert.equal(waitIn(goesOn, NOW + 300), null, 'no bytes came until then')
    assert.equal(
      waitIn(snapshotOf({ workers: onServer, claims: claimWith(upload, duringUpload) })),
      null,
      'the upload has ended',
    )
  })

  test('for an upload begins after the wait for a first sound', () => {
    const claims = claimWith({ for: 'delivery', untilMs: NOW }, duringUpload)
    assert.deepEqual(waitIn(snapshotOf({ ...done, uploadsEndingUntilMs: ending, claims })), upload)
  })

  test('for an upload does not begin if the claim came before the end of the upload was near', () => {
    assert.equal(waitIn(snapshotOf({ workers: onServer, uploadsEndingUntilMs: ending, claims: claimWith(null) })), null)
  })

  test("for an upload does not begin on another machine than the server's", () => {
    const claims = claimWith(null, duringUpload)
    assert.equal(waitIn(snapshotOf({ workers, uploadsEndingUntilMs: ending, claims })), null)
  })
})

describe('The wait of a decoder of the server', () => {
  test('it waits for a first sound of a worker on its machine or of the server, and for the delivery of that', () => {
    const busy = snapshotOf({ workers: onServer, jobs: [claimedBy('beside', 0)], decoders: [decoderOf()] })
    const wait: Wait = { for: 'first-sound', untilMs: NOW + MAX_WAIT_MS }
    assert.deepEqual(waitIn(busy), wait)
    const elsewhere = snapshotOf({ workers, jobs: [claimedBy('beside', 0)], decoders: [decoderOf()] })
    assert.equal(waitIn(elsewhere), null)
    const together = { jobs: [separated(19), separated(20)], playheads: [{ songId: 1, segment: 20 }] }
    assert.deepEqual(waitIn(snapshotOf({ workers, ...together, decoders: [decoderOf()] })), wait)
    const done = snapshotOf({ workers: onServer, jobs: [finished(0)], decoders: [decoderOf(wait)] })
    assert.deepEqual(waitIn(done), { for: 'delivery', untilMs: NOW + DELIVERY_MS })
    assert.equal(
      waitIn(
        snapshotOf({
          ...busy,
          jobs: [claimedBy('beside', 0)],
          songs: [songOf()],
          decoders: [decoderOf({ ...wait, untilMs: NOW })],
        }),
      ),
      null,
    )
  })
})
