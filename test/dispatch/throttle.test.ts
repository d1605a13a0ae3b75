import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decide } from '../../src/dispatch/decide.ts'
import type { Snapshot } from '../../src/dispatch/snapshot.ts'
import { DELIVERY_MS, LONGEST_WAIT_MS, type Wait } from '../../src/dispatch/throttle.ts'
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

/** How the only request of a snapshot waits; null where it goes on. */
function waitIn(snapshot: Snapshot, nowMs = NOW): Wait | null {
  const [decision] = decide(snapshot, nowMs)
  assert.ok(decision?.kind === 'delay' || decision?.kind === 'assign')
  return decision.kind === 'delay' ? decision.wait : null
}

describe('a claim waits while its machine is at work that somebody waits for', () => {
  const first: Wait = { for: 'first-sound', untilMs: NOW + LONGEST_WAIT_MS }
  const heardAt20 = [{ songId: 1, segment: 20 }]
  const decodedAt = (segment: number) => [{ songId: 1, segment, isDecoding: true }]
  const claims = [claimOf('asks', published(1))]

  const table: [name: string, snapshot: Parameters<typeof snapshotOf>[0], wait: Wait | null][] = [
    ['nobody is at anything', { workers, jobs: [published(0), published(1)] }, null],
    ['a worker beside it is at the beginning of a song', { workers, jobs: [claimedBy('beside', 0)] }, first],
    ['a worker of another machine is at the beginning', { workers, jobs: [claimedBy('far away', 0)] }, null],
    ['it is at the beginning itself, by an earlier delivery', { workers, jobs: [claimedBy('asks', 0)] }, null],
    [
      'a second attempt is under way: it may be as slow',
      { workers, jobs: [claimedBy('beside', 0, { attempt: 2 })] },
      null,
    ],
    ['the beginning is final', { workers, jobs: [claimedBy('beside', 0, { blockSha256: 'x' })] }, null],
    ['a worker beside it is at a block that nobody waits for', { workers, jobs: [claimedBy('beside', 5)] }, null],
    [
      'a worker beside it is at a block under a playhead',
      { workers, jobs: [finished(19), claimedBy('beside', 20)], playheads: heardAt20 },
      first,
    ],
    [
      'a worker beside it is at the segment before a playhead, whose tail is needed',
      { workers, jobs: [claimedBy('beside', 19), claimedBy('far away', 20)], playheads: heardAt20 },
      first,
    ],
    [
      'the block under the playhead is final',
      { workers, jobs: [claimedBy('beside', 19), finished(20)], playheads: heardAt20 },
      null,
    ],
    [
      'its invitation will be swapped for what the listener waits for as well',
      { workers, jobs: [claimedBy('beside', 19), jobAt(20)], playheads: heardAt20 },
      null,
    ],
    [
      'the server decodes where somebody listens, on this machine',
      { workers: onServer, playheads: decodedAt(99) },
      first,
    ],
    ['the server decodes on another machine', { workers, playheads: decodedAt(99) }, null],
    ['what the server decoded is there', { workers: onServer, jobs: [finished(20)], playheads: decodedAt(20) }, null],
    [
      'the server has all results of the block under a playhead, and puts them together',
      { workers: onServer, jobs: [separated(19), separated(20)], playheads: heardAt20 },
      first,
    ],
    [
      'one of the two results is missing',
      { workers: onServer, jobs: [claimedBy('far away', 19), separated(20)], playheads: heardAt20 },
      null,
    ],
    [
      'the decoding of the song is about to reach a playhead, on this machine',
      { workers: onServer, playheads: [{ songId: 1, segment: 49 }] },
      first,
    ],
    ['that decoding runs on another machine', { workers, playheads: [{ songId: 1, segment: 49 }] }, null],
    ['that decoding is too far away', { workers: onServer, playheads: [{ songId: 1, segment: 50 }] }, null],
    [
      'the song is decoded and has no such block',
      { workers: onServer, songs: [songOf({ isDecoded: true })], playheads: [{ songId: 1, segment: 49 }] },
      null,
    ],
    [
      'the file is still being uploaded',
      { workers: onServer, songs: [songOf({ isArriving: true })], playheads: [{ songId: 1, segment: 49 }] },
      null,
    ],
    ['its worker is not known', { workers: workers.slice(1), jobs: [claimedBy('beside', 0)] }, null],
    [
      'no other worker runs on its machine',
      { workers: [workers[0] ?? assert.fail()], jobs: [claimedBy('beside', 0)] },
      null,
    ],
  ]
  for (const [name, snapshot, wait] of table) {
    test(`${wait ? 'a claim waits' : 'a claim is answered'}: ${name}`, () => {
      assert.deepEqual(waitIn(snapshotOf({ claims, ...snapshot })), wait)
    })
  }

  test('a claim of awaited work never waits for other awaited work', () => {
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

  test('a claim whose invitation means nothing any more is answered at once', () => {
    const snapshot = snapshotOf({ workers, jobs: [claimedBy('beside', 0)], claims: [claimOf('asks')] })
    assert.equal(waitIn(snapshot), null)
  })
})

describe('how long a claim waits', () => {
  const busy = { workers: onServer, jobs: [claimedBy('beside', 0)] }
  const done = { workers: onServer, jobs: [finished(0)] }
  const claimWith = (wait: Wait | null, changes = {}) => [claimOf('asks', published(5), { wait, ...changes })]
  const firstSound: Wait = { for: 'first-sound', untilMs: NOW + 500 }
  const upload: Wait = { for: 'upload', untilMs: NOW + LONGEST_WAIT_MS }
  const duringUpload = { cameDuringUploadEnd: true }
  const ending = [NOW + 300]

  test('a claim goes on waiting while the machine is taken, until its deadline', () => {
    assert.deepEqual(waitIn(snapshotOf({ ...busy, claims: claimWith(firstSound) })), firstSound)
    assert.equal(waitIn(snapshotOf({ ...busy, claims: claimWith(firstSound) }), NOW + 500), null)
  })

  test('once the awaited block is final, a claim waits until the page has it', () => {
    const delivery = waitIn(snapshotOf({ ...done, claims: claimWith(firstSound) }))
    assert.deepEqual(delivery, { for: 'delivery', untilMs: NOW + DELIVERY_MS })
    assert.deepEqual(waitIn(snapshotOf({ ...busy, claims: claimWith(delivery) })), delivery)
    assert.equal(waitIn(snapshotOf({ ...busy, claims: claimWith(delivery) }), NOW + DELIVERY_MS), null)
  })

  test('a claim whose own job has become awaited meanwhile is answered at once', () => {
    const playheads = [{ songId: 1, segment: 5 }]
    const jobs = [claimedBy('beside', 0), published(5)]
    assert.equal(waitIn(snapshotOf({ workers: onServer, jobs, playheads, claims: claimWith(firstSound) })), null)
  })

  test('a claim waits for the rest of a file that is played already, at most as long again', () => {
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
    assert.equal(waitIn(goesOn, NOW + 300), null, 'nothing came for so long')
    assert.equal(
      waitIn(snapshotOf({ workers: onServer, claims: claimWith(upload, duringUpload) })),
      null,
      'it has ended',
    )
  })

  test('a claim waits for an upload after it has waited for a first sound', () => {
    const claims = claimWith({ for: 'delivery', untilMs: NOW }, duringUpload)
    assert.deepEqual(waitIn(snapshotOf({ ...done, uploadsEndingUntilMs: ending, claims })), upload)
  })

  test('a claim that came before an upload was about to end does not wait for it', () => {
    assert.equal(waitIn(snapshotOf({ workers: onServer, uploadsEndingUntilMs: ending, claims: claimWith(null) })), null)
  })

  test("a claim of another machine than the server's does not wait for an upload", () => {
    const claims = claimWith(null, duringUpload)
    assert.equal(waitIn(snapshotOf({ workers, uploadsEndingUntilMs: ending, claims })), null)
  })
})

describe('a decoder of the server waits for awaited work on its machine', () => {
  test('the decoder waits for a worker of its machine and for what the server puts together, and for the delivery', () => {
    const busy = snapshotOf({ workers: onServer, jobs: [claimedBy('beside', 0)], decoders: [decoderOf()] })
    const wait: Wait = { for: 'first-sound', untilMs: NOW + LONGEST_WAIT_MS }
    assert.deepEqual(waitIn(busy), wait)
    const elsewhere = snapshotOf({ workers, jobs: [claimedBy('beside', 0)], decoders: [decoderOf()] })
    assert.equal(waitIn(elsewhere), null)
    const together = { jobs: [separated(19), separated(20)], playheads: [{ songId: 1, segment: 20 }] }
    assert.deepEqual(waitIn(snapshotOf({ workers, ...together, decoders: [decoderOf()] })), wait)
    const done = snapshotOf({ workers: onServer, jobs: [finished(0)], decoders: [decoderOf(wait)] })
    assert.deepEqual(waitIn(done), { for: 'delivery', untilMs: NOW + DELIVERY_MS })
    assert.equal(
      waitIn(
        busy &&
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
