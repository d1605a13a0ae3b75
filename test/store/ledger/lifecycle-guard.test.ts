import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { LedgerChange } from '../../../src/store/ledger/ledger-changes.ts'
import { jobsOfSong } from '../../../src/store/queries/jobs.ts'
import { getSong } from '../../../src/store/queries/songs.ts'
import { acceptResult, addJobs, claimJob, endAttempt, publishJob } from '../../../src/store/transitions/jobs.ts'
import { failSong, finishSeparation, requestMix } from '../../../src/store/transitions/songs.ts'
import { type Ledger, newSong, openLedger } from '../../support/ledger.ts'

describe('the lifecycle guard', () => {
  let ledger: Ledger

  before(async () => {
    ledger = await openLedger()
  })
  after(() => ledger.remove())

  function songWithJob() {
    const { db } = ledger
    const song = getSong(db, newSong(db))
    const [job] = song ? jobsOfSong(db, song.id) : []
    assert.ok(song && job)
    return { song, job }
  }

  test('SQLite refuses every change of state that no transition permits', () => {
    const { db } = ledger
    const { song, job } = songWithJob()
    assert.throws(
      () => db.change(`UPDATE songs SET state = 'added' WHERE id = ?`, song.id),
      /songs: separating -> added is not a permitted transition/,
    )
    const attempt = claimJob(db, { jobId: job.id, worker: 'w', delivery: 'd' })
    acceptResult(db, { attempt, sha256: 'x', seconds: 1 })
    assert.throws(
      () => db.change(`UPDATE jobs SET state = 'claimed' WHERE id = ?`, job.id),
      /jobs: done -> claimed is not a permitted transition/,
    )
    assert.throws(
      () => db.change(`UPDATE attempts SET state = 'running' WHERE job_id = ?`, job.id),
      /attempts: done -> running is not a permitted transition/,
    )
    assert.throws(
      () => db.insert(`INSERT INTO jobs (song_id, segment, token, state) VALUES (?, 9, 't', 'claimed')`, song.id),
      /jobs: claimed is not a permitted first state/,
    )
    assert.throws(
      () => db.change(`UPDATE songs SET arrival = 'a second upload' WHERE id = ?`, song.id),
      /songs: whole -> uploading is not a permitted transition/,
    )
    assert.equal(getSong(db, song.id)?.state, 'separating')
  })

  test('a transition that comes too late changes nothing and returns that it did not apply', () => {
    const { db } = ledger
    const { song, job } = songWithJob()
    const attempt = claimJob(db, { jobId: job.id, worker: 'w', delivery: 'd' })
    assert.equal(acceptResult(db, { attempt, sha256: 'x', seconds: 1 }), true)
    assert.equal(acceptResult(db, { attempt, sha256: 'y', seconds: 1 }), false)
    assert.equal(endAttempt(db, { attempt, outcome: 'failed', reason: 'late' }), false)
    assert.equal(publishJob(db, job), undefined)
    assert.equal(finishSeparation(db, song.id), true)
    assert.equal(failSong(db, { songId: song.id, error: 'late' }), false)
  })
})

describe('the changes of a transaction', () => {
  test('the changes of a transaction are delivered together after its COMMIT, and never after a rollback', async () => {
    const told: LedgerChange[][] = []
    const ledger = await openLedger({ onCommit: (changes) => void told.push([...changes]) })
    const { db } = ledger
    try {
      const id = newSong(db)
      assert.deepEqual(told.splice(0), [
        [{ kind: 'song-added', songId: id }],
        [{ kind: 'song-changed', songId: id }],
        [{ kind: 'jobs-added', songId: id }],
      ])
      const fail = () => {
        requestMix(db, { songId: id, tracks: [1] })
        throw new Error('the disk is full')
      }
      assert.throws(() => db.transaction(fail, { isDurable: true }), /the disk is full/)
      assert.deepEqual(told, [])
      const write = () => {
        requestMix(db, { songId: id, tracks: [1] })
        addJobs(db, { songId: id, segments: 3 })
        assert.deepEqual(told, [], 'nothing is delivered before the COMMIT')
      }
      db.transaction(write, { isDurable: true })
      assert.deepEqual(told, [
        [
          { kind: 'song-changed', songId: id },
          { kind: 'jobs-added', songId: id },
        ],
      ])
    } finally {
      await ledger.remove()
    }
  })

  test('a change cannot be recorded outside of a transaction, because it would never be delivered', async () => {
    const ledger = await openLedger()
    assert.throws(() => ledger.db.record({ kind: 'song-added', songId: 1 }), /outside of a transaction: song-added/)
    await ledger.remove()
  })
})
