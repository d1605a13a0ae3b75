import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { answerClaim, type ClaimAnswer, MAX_DEATHS } from '../../src/dispatch/claim.ts'
import { Playheads } from '../../src/dispatch/playheads.ts'
import { jobsToOfferAgain, QUEUE_IDLE_MS, RECONNECT_GRACE_MS, type Sight } from '../../src/dispatch/watch.ts'
import { openPlaces } from '../../src/dispatch/window.ts'
import { CONTRACT } from '../../src/song/messages.ts'
import { acceptResult, attemptsOf, endAttempt } from '../../src/store/attempts.ts'
import { Database } from '../../src/store/database.ts'
import {
  addJobs,
  countOutstanding,
  getJob,
  type Job,
  jobIds,
  markPublished,
  modelsAtWork,
  nextWaitingJob,
  waitingJobNear,
} from '../../src/store/jobs.ts'
import { deleteSong, failSong, getSong, insertSong, keepTracks } from '../../src/store/songs.ts'

const GRID = { strideSamples: 10, inputOffsetSamples: 0, inputSamples: 10, tailSamples: 0 }
const MAX_ATTEMPTS = 3

describe('claims against the ledger', () => {
  let folder: string
  let db: Database
  let job: Job
  let deliveries = 0

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-claims-'))
    db = new Database(join(folder, 'ledger.sqlite'))
  })
  after(async () => {
    db.close()
    await rm(folder, { recursive: true, force: true })
  })
  beforeEach(() => {
    job = publishedJob()
  })

  function newSong(modelId = 'm-1'): number {
    const { id, tracks } = insertSong(db, {
      fileName: 'a.wav',
      title: 'a',
      band: '',
      album: '',
      model: 'm',
      plan: { modelId, grid: GRID, stems: ['vocals', 'rest'], rest: 'rest', needsWholeSong: false },
      announcedSeconds: null,
    })
    keepTracks(db, { songId: id, kept: tracks.map((track) => track.id) })
    addJobs(db, { songId: id, segments: 2 })
    return id
  }

  function publishedJob(): Job {
    const [id = 0] = jobIds(db, newSong())
    const waiting = getJob(db, id)
    const published = waiting && markPublished(db, waiting)
    assert.ok(published)
    return published
  }

  function claim(
    worker: string,
    changes: Partial<{ token: string; generation: number; delivery: string }> = {},
  ): ClaimAnswer {
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
    })
  }

  function assigned(answer: ClaimAnswer) {
    assert.equal(answer.kind, 'assigned')
    return answer.kind === 'assigned' ? answer.attempt : assert.fail()
  }

  test('of two workers that hold the same job both may work, and the first result counts', () => {
    const first = assigned(claim('a'))
    const second = assigned(claim('b'))
    assert.equal(second.number, 2)
    assert.equal(acceptResult(db, { attempt: first, sha256: 'x', seconds: 1 }), true)
    assert.equal(acceptResult(db, { attempt: second, sha256: 'x', seconds: 1 }), false)
    assert.equal(getJob(db, job.id)?.attempt, 1)
    assert.equal(claim('c').kind, 'gone')
  })

  test('a repeated claim of the same delivery is the same attempt', () => {
    const first = assigned(claim('a', { delivery: 'same' }))
    const again = assigned(claim('a', { delivery: 'same' }))
    assert.deepEqual(again, first)
    assert.equal(attemptsOf(db, job.id).length, 1)
  })

  test('an invitation of an older generation, or with a foreign token, gets nothing', () => {
    const again = markPublished(db, job)
    assert.equal(again?.generation, 2)
    assert.equal(claim('a', { generation: 1 }).kind, 'gone')
    assert.equal(claim('a', { token: 'forged' }).kind, 'forbidden')
    assert.equal(claim('a').kind, 'assigned')
  })

  test('a job of a failed or deleted song is gone', () => {
    failSong(db, { songId: job.songId, error: 'why' })
    assert.equal(claim('a').kind, 'gone')
    deleteSong(db, job.songId)
    assert.equal(claim('a', { token: job.token }).kind, 'gone')
  })

  test(`after ${MAX_ATTEMPTS} failures the job is given up, with the last reason`, () => {
    for (let number = 1; number <= MAX_ATTEMPTS; number++) {
      assert.equal(endAttempt(db, { attempt: assigned(claim('a')), state: 'failed', reason: `reason ${number}` }), true)
    }
    const answer = claim('b')
    assert.equal(answer.kind, 'exhausted')
    assert.match(answer.kind === 'exhausted' ? answer.reason : '', /3 attempts failed.*reason 3/)
  })

  test(`after ${MAX_DEATHS} workers died over it the job is given up`, () => {
    for (let death = 1; death <= MAX_DEATHS; death++) assigned(claim(`worker ${death}`))
    const answer = claim('the next')
    assert.equal(answer.kind, 'exhausted')
    assert.match(answer.kind === 'exhausted' ? answer.reason : '', /5 workers died/)
  })

  test('giving a job back counts against nobody', () => {
    for (let times = 0; times < 20; times++) {
      assert.equal(endAttempt(db, { attempt: assigned(claim('sick')), state: 'returned', reason: 'no way' }), true)
    }
    assert.equal(claim('healthy').kind, 'assigned')
  })

  test('an attempt ends once', () => {
    const attempt = assigned(claim('a'))
    assert.equal(endAttempt(db, { attempt, state: 'failed', reason: '' }), true)
    assert.equal(endAttempt(db, { attempt, state: 'failed', reason: '' }), false)
  })

  test('songs take turns', () => {
    db.change('DELETE FROM songs')
    const long = newSong()
    const short = newSong()
    const order = [1, 2, 3, 4].map(() => {
      const next = nextWaitingJob(db, 'm-1')
      assert.ok(next)
      markPublished(db, next)
      return next.songId
    })
    assert.deepEqual(order, [long, short, long, short])
    assert.equal(nextWaitingJob(db, 'm-1'), undefined)
  })

  test('what somebody is about to hear goes before the turns of songs, a few stretches of it', () => {
    db.change('DELETE FROM songs')
    const first = newSong()
    const heard = newSong()
    addJobs(db, { songId: heard, segments: 20 })
    const near = (segment: number) =>
      waitingJobNear(db, { songId: heard, modelId: 'm-1', first: segment - 1, last: segment + 4 })
    const order: number[] = []
    for (let next = near(10); next; next = near(10)) {
      markPublished(db, next)
      order.push(next.segment)
    }
    assert.deepEqual(order, [9, 10, 11, 12, 13, 14])
    assert.equal(nextWaitingJob(db, 'm-1')?.songId, first)
    assert.equal(waitingJobNear(db, { songId: heard, modelId: 'other-1', first: 0, last: 4 }), undefined)
  })

  test('listeners are served in the order of who moved last, and forgotten when they fall silent', () => {
    const playheads = new Playheads()
    playheads.note('one', { songId: 1, segment: 3 }, 0)
    playheads.note('two', { songId: 2, segment: 0 }, 10_000)
    playheads.note('one', { songId: 1, segment: 9 }, 20_000)
    const places = (now: number) => playheads.list(now).map(({ songId, segment }) => `${songId}:${segment}`)
    assert.deepEqual(places(20_000), ['1:9', '2:0'])
    assert.deepEqual(places(45_000), ['1:9'])
    assert.deepEqual(places(60_000), [])
    for (let i = 0; i < 5_000; i++) playheads.note(`${i}`, { songId: i, segment: 0 }, 60_000)
    assert.equal(places(60_000).length, 1_000)
  })

  test('jobs are given out by the model they need', () => {
    db.change('DELETE FROM songs')
    newSong('small-1')
    const large = newSong('large-1')
    assert.deepEqual(modelsAtWork(db), ['large-1', 'small-1'])
    const next = nextWaitingJob(db, 'large-1')
    assert.equal(next?.songId, large)
    assert.ok(next && markPublished(db, next))
    assert.deepEqual([...countOutstanding(db)], [['large-1', 1]])
  })

  test('ids are not used again, not even after everything was deleted', () => {
    const before = newSong()
    db.change('DELETE FROM songs')
    assert.ok(newSong() > before)
    assert.equal(getSong(db, before), undefined)
  })
})

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
    stretchSha256: null,
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
