import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { Playheads } from '../../src/dispatch/playheads.ts'
import { urgentJob } from '../../src/dispatch/urgent.ts'
import type { Database } from '../../src/store/database.ts'
import { countOutstanding, modelIdsInWork, nextWaitingJob } from '../../src/store/jobs.ts'
import { addJobs, publishJob } from '../../src/store/transitions/jobs.ts'
import { type Ledger, newSong, openLedger } from '../support/ledger.ts'

describe('whose turn it is', () => {
  let ledger: Ledger
  let db: Database

  before(async () => {
    ledger = await openLedger()
    db = ledger.db
  })
  after(() => ledger.remove())
  beforeEach(() => db.change('DELETE FROM songs'))

  test('songs take turns', () => {
    const long = newSong(db)
    const short = newSong(db)
    const order = [1, 2, 3, 4].map(() => {
      const next = nextWaitingJob(db, 'm-1')
      assert.ok(next)
      publishJob(db, next)
      return next.songId
    })
    assert.deepEqual(order, [long, short, long, short])
    assert.equal(nextWaitingJob(db, 'm-1'), undefined)
  })

  test('what somebody is about to hear goes before the turns of songs, a few blocks of it', () => {
    const first = newSong(db)
    const heard = newSong(db)
    addJobs(db, { songId: heard, segments: 30 })
    const near = (segment: number, modelId = 'm-1') =>
      urgentJob(db, { playheads: [{ songId: heard, segment }], modelId })
    const order: number[] = []
    for (let next = near(10); next; next = near(10)) {
      publishJob(db, next)
      order.push(next.segment)
    }
    assert.deepEqual(
      order,
      Array.from({ length: 12 }, (_, i) => 9 + i),
    )
    assert.equal(nextWaitingJob(db, 'm-1')?.songId, first)
    assert.equal(near(0, 'other-1'), undefined)
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
    newSong(db, 'small-1')
    const large = newSong(db, 'large-1')
    assert.deepEqual(modelIdsInWork(db), ['large-1', 'small-1'])
    const next = nextWaitingJob(db, 'large-1')
    assert.equal(next?.songId, large)
    assert.ok(next && publishJob(db, next))
    assert.deepEqual([...countOutstanding(db)], [['large-1', 1]])
  })
})
