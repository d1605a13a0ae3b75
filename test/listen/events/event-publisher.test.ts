import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { EventPublisher } from '../../../src/listen/events/event-publisher.ts'
import { type Change, EventStream } from '../../../src/listen/events/event-stream.ts'
import { openLog } from '../../../src/log.ts'
import { jobsOfSong } from '../../../src/store/queries/jobs.ts'
import { getSong, type Song } from '../../../src/store/queries/songs.ts'
import { addSetlist, appendToSetlist } from '../../../src/store/tables/setlists.ts'
import { markBlockFinal } from '../../../src/store/transitions/jobs.ts'
import { finishDecoding } from '../../../src/store/transitions/songs.ts'
import { type Ledger, newSong, openLedger } from '../../support/ledger.ts'
import { until } from '../../support/wait.ts'

describe('The event publisher', () => {
  let ledger: Ledger
  let publisher: EventPublisher
  let told: Change[]
  let estimates: Map<number, number>

  beforeEach(async () => {
    ledger = await openLedger()
    told = []
    estimates = new Map()
    const events = new EventStream()
    events.onChange((change) => told.push(change))
    const answering = { db: ledger.db, basePath: '', whyWaiting: () => null, beginsIn: () => null }
    publisher = new EventPublisher({
      answering,
      events,
      log: openLog({ format: 'text' }),
      workers: () => [],
      beginEstimates: () => estimates,
    })
  })
  afterEach(async () => {
    publisher.close()
    await ledger.remove()
  })

  /** A song of two segments, of which one has a final block. */
  function halfSeparatedSong(): Song {
    const songId = newSong(ledger.db)
    finishDecoding(ledger.db, { songId, samples: 20, statistics: { mean: 0, deviation: 1 }, warnings: [] })
    const [job] = jobsOfSong(ledger.db, songId)
    assert.ok(job)
    markBlockFinal(ledger.db, { jobId: job.id, sha256: 'x' })
    const song = getSong(ledger.db, songId)
    assert.ok(song)
    return song
  }

  test('stores the progress that it sends, so that answers need not write', () => {
    const { id: songId, progress } = halfSeparatedSong()
    assert.equal(progress, 0)
    publisher.publish([{ kind: 'block-final', songId, segment: 0 }])
    assert.equal(getSong(ledger.db, songId)?.progress, 49)
    assert.deepEqual(
      told.map(({ type }) => type),
      ['stretch', 'job', 'progress'],
    )
  })

  test('tells the new version of practice settings, not the settings', () => {
    publisher.publish([{ kind: 'practice-changed', songId: 7, version: 3 }])
    assert.deepEqual(
      told.map(({ type, songId, data }) => [type, songId, data()]),
      [['practice', 7, { music_id: 7, version: 3 }]],
    )
  })

  test('tells the progress once, together with the segments, of a result that completes no block', async () => {
    const { id: songId } = halfSeparatedSong()
    publisher.publish([
      { kind: 'job-changed', songId, segment: 1 },
      { kind: 'job-changed', songId, segment: 0 },
    ])
    await until('they are told', () => told.length >= 3)
    assert.deepEqual(
      told.map(({ type }) => type),
      ['job', 'job', 'progress'],
    )
  })

  test('tells a separated song and its stems in one batch, with one progress behind them', () => {
    const { id: songId } = halfSeparatedSong()
    publisher.publish([
      { kind: 'song-changed', songId },
      { kind: 'file-ready', songId },
      { kind: 'file-ready', songId },
    ])
    assert.deepEqual(
      told.map(({ type }) => type),
      ['song', 'progress'],
    )
  })

  test('tells all setlists once after several changes of them', async () => {
    const songId = newSong(ledger.db)
    const { id } = addSetlist(ledger.db, { name: 'Gig', songs: [] })
    appendToSetlist(ledger.db, { id, songId })
    publisher.publish([{ kind: 'setlists-changed' }, { kind: 'setlists-changed' }])
    await until('they are told', () => told.length > 0)
    assert.deepEqual(
      told.map(({ type, songId: about, data }) => [type, about, data()]),
      [['setlists', null, [{ setlist_id: id, name: 'Gig', songs: [songId], version: 2 }]]],
    )
  })

  test('sends one reset event when all songs are erased, and a deleted event for a single song', () => {
    publisher.publish([
      { kind: 'song-erased', songId: 3 },
      { kind: 'song-erased', songId: null },
    ])
    assert.deepEqual(
      told.map(({ type, songId }) => [type, songId]),
      [
        ['deleted', 3],
        ['reset', null],
      ],
    )
  })
})
