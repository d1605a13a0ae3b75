import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { answerClaim } from '../../src/dispatch/claim.ts'
import { CONTRACT } from '../../src/song/messages.ts'
import { attemptsOf } from '../../src/store/queries/attempts.ts'
import { knownSongIds, songsDeletedBefore } from '../../src/store/queries/deleted-songs.ts'
import { type Job, jobIds, jobsOfSong, modelIdsInWork } from '../../src/store/queries/jobs.ts'
import { nextSongs } from '../../src/store/queries/scheduling.ts'
import { getSong, listSongs } from '../../src/store/queries/songs.ts'
import { publishJob } from '../../src/store/transitions/jobs.ts'
import { deleteSong, failSong, restoreSong } from '../../src/store/transitions/songs.ts'
import { type Ledger, newSong, openLedger } from '../support/ledger.ts'

describe('A deleted song in the ledger', () => {
  let ledger: Ledger
  before(async () => {
    ledger = await openLedger()
  })
  after(() => ledger.remove())

  const nextWaitingJob = () => nextSongs(ledger.db, { modelId: 'm-1', songs: 1, jobsEach: () => 1 })[0]?.waiting[0]
  const claim = (job: Job) =>
    answerClaim(ledger.db, {
      jobId: job.id,
      maxAttempts: 3,
      swapFor: null,
      claim: {
        v: CONTRACT,
        worker: 'a',
        delivery: `delivery ${job.generation}`,
        generation: job.generation,
        token: job.token,
      },
    })

  test('is not found or worked on and its worker is told so, and a restored one continues as before', () => {
    const { db } = ledger
    const songId = newSong(db)
    const waiting = nextWaitingJob()
    const job = waiting && publishJob(db, waiting)
    assert.ok(job)
    assert.equal(claim(job).kind, 'assigned')

    assert.equal(deleteSong(db, songId), true)
    assert.equal(deleteSong(db, songId), false)
    assert.equal(getSong(db, songId), undefined)
    assert.deepEqual([listSongs(db), jobIds(db), modelIdsInWork(db)], [[], [], []])
    assert.equal(nextWaitingJob(), undefined)
    assert.equal(claim(job).kind, 'gone')
    assert.deepEqual(knownSongIds(db), [songId], 'its folder is kept')
    assert.deepEqual(songsDeletedBefore(db, Date.now() - 1_000), [])
    assert.deepEqual(songsDeletedBefore(db, Date.now()), [songId])

    assert.equal(restoreSong(db, songId), true)
    assert.equal(restoreSong(db, songId), false)
    assert.equal(getSong(db, songId)?.state, 'separating')
    const again = nextWaitingJob()
    assert.equal(again?.id, job.id)
    assert.deepEqual(
      attemptsOf(db, job.id).map(({ state }) => state),
      ['returned'],
      'the attempt does not count as failed',
    )
    const published = again && publishJob(db, again)
    assert.equal(published && claim(published).kind, 'assigned')
    deleteSong(db, songId)
  })

  test('stays failed after it is restored, if it had failed', () => {
    const { db } = ledger
    const songId = newSong(db)
    failSong(db, { songId, error: 'why' })
    deleteSong(db, songId)
    restoreSong(db, songId)
    assert.equal(getSong(db, songId)?.state, 'failed')
    assert.ok(jobsOfSong(db, songId).every(({ state }) => state === 'cancelled'))
  })
})
