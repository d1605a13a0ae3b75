import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { LyricsTaskResult } from '../../../src/song/lyrics-task.ts'
import type { Database } from '../../../src/store/ledger/database.ts'
import type { LedgerChange } from '../../../src/store/ledger/ledger-changes.ts'
import { eachJobId, getJob, type Job, jobsInState, jobsOfSong } from '../../../src/store/queries/jobs.ts'
import { separationsSinceLyrics, waitingLyricsJobs } from '../../../src/store/queries/lyrics-queue.ts'
import { countLyricsJobs, lyricsTasksOf, storedLyricsWork } from '../../../src/store/queries/lyrics-tasks.ts'
import { recentSecondsPerJob } from '../../../src/store/queries/queue.ts'
import { countOutstanding } from '../../../src/store/queries/scheduling.ts'
import { countConfirmedBlocks, jobTotals } from '../../../src/store/queries/totals.ts'
import { claimJob, endAttempt, publishJob } from '../../../src/store/transitions/jobs.ts'
import { acceptLyricsResult, addLyricsJobs, withdrawInvitation } from '../../../src/store/transitions/lyrics-jobs.ts'
import { beginLyricsWork, endLyricsWork, failLyricsWork } from '../../../src/store/transitions/lyrics-work.ts'
import { deleteSong, failSong, restoreSong, retrySong } from '../../../src/store/transitions/songs.ts'
import { type Ledger, newSong, openLedger } from '../../support/ledger.ts'

const MODEL = 's-1'
const RESULT: LyricsTaskResult = { language: 'en', words: [{ text: 'la', startMs: 0, endMs: 10, probability: 1 }] }

describe('Jobs for the lyrics of a song', () => {
  let ledger: Ledger
  let db: Database
  let songId: number
  let changes: LedgerChange[] = []
  beforeEach(async () => {
    ledger = await openLedger({ onCommit: (all) => void changes.push(...all) })
    db = ledger.db
    songId = newSong(db)
    begin(songId)
    add(songId, 2)
    changes = []
  })
  afterEach(() => ledger.remove())

  function begin(id: number): void {
    beginLyricsWork(db, { songId: id, kind: 'transcribe', language: null, lyrics: null, revision: 0 })
  }
  function add(id: number, count: number): number {
    const tasks = Array.from({ length: count }, (_, position) => ({
      position,
      range: { startSample: 10 * position, samples: 10 },
      task: { kind: 'transcribe' as const, language: null },
    }))
    return addLyricsJobs(db, { songId: id, modelId: MODEL, step: 'transcribe', tasks })
  }
  const waiting = (limit = 9, listened: number[] = []) => waitingLyricsJobs(db, { modelId: MODEL, listened, limit })
  const first = (): Job => waiting(1)[0] ?? assert.fail()
  const published = () => publishJob(db, first()) ?? assert.fail()
  const claim = ({ id: jobId }: Job) => claimJob(db, { jobId, worker: 'a', delivery: '1' })
  const stateOf = ({ id }: Job) => getJob(db, id)?.state

  test('are added once for each position, and know their model and their task', () => {
    assert.equal(add(songId, 3), 1, 'two of three were there')
    assert.deepEqual(changes, [{ kind: 'lyrics-work-changed', songId }])
    const tasks = lyricsTasksOf(db, { songId, step: 'transcribe' })
    assert.deepEqual(
      tasks.map(({ position, range, result }) => [position, range.startSample, result]),
      [0, 1, 2].map((position) => [position, 10 * position, null]),
    )
    assert.deepEqual([first().kind, first().modelId], ['lyrics', MODEL])
  })

  test('are counted by nothing that tells of the separation', () => {
    const before = JSON.stringify([jobTotals(db, songId), [...eachJobId(db, songId)], countConfirmedBlocks(db, songId)])
    const job = published()
    const totals = JSON.stringify([jobTotals(db, songId), [...eachJobId(db, songId)], countConfirmedBlocks(db, songId)])
    assert.equal(totals, before)
    assert.equal(jobsOfSong(db, songId).length, 2)
    acceptLyricsResult(db, { attempt: claim(job), result: RESULT, sha256: 'x', seconds: 1_000 })
    assert.equal(
      JSON.stringify([jobTotals(db, songId), [...eachJobId(db, songId)], countConfirmedBlocks(db, songId)]),
      before,
    )
    assert.equal(recentSecondsPerJob(db, 'm-1'), null)
  })

  test('take slots of their own model, and no turn of their song', () => {
    const [separation] = jobsOfSong(db, songId)
    assert.ok(separation && publishJob(db, separation))
    assert.equal(separationsSinceLyrics(db), 1)
    published()
    assert.deepEqual(
      [...countOutstanding(db)],
      [
        ['m-1', 1],
        [MODEL, 1],
      ],
    )
    assert.equal(separationsSinceLyrics(db), 0)
  })

  test('come from songs with a listener first, then from each song in turn', () => {
    const other = newSong(db)
    begin(other)
    add(other, 1)
    const songs = (listened: number[]) => waiting(9, listened).map((job) => job.songId)
    assert.deepEqual(songs([]), [songId, songId, other])
    assert.deepEqual(songs([other]), [other, songId, songId])
    const [separation] = jobsOfSong(db, songId)
    assert.ok(separation && publishJob(db, separation))
    published()
    assert.deepEqual(songs([]), [other, songId])
  })

  test('keep the first result, and a second one is not accepted', () => {
    const job = published()
    const attempts = [claim(job), claim(job)]
    const accepted = attempts.map((attempt, index) => {
      const words = [{ text: `${index}`, startMs: 0, endMs: 0, probability: 1 }]
      return acceptLyricsResult(db, { attempt, result: { language: 'en', words }, sha256: 'x', seconds: 1 })
    })
    assert.deepEqual(accepted, [true, false])
    assert.equal(lyricsTasksOf(db, { songId, step: 'transcribe' })[0]?.result?.words[0]?.text, '0')
    assert.deepEqual(countLyricsJobs(db, songId), { done: 1, running: 0, known: 2 })
  })

  test('wait again after their invitation was taken back, unless a worker has claimed them meanwhile', () => {
    const job = published()
    assert.equal(withdrawInvitation(db, job), true)
    assert.equal(stateOf(job), 'waiting')
    assert.equal(withdrawInvitation(db, job), false, 'the generation is another one')
    const again = published()
    claim(again)
    assert.equal(withdrawInvitation(db, again), false)
    assert.equal(stateOf(again), 'claimed')
  })

  test('are given back, failed and lost like others', () => {
    const job = published()
    assert.equal(endAttempt(db, { attempt: claim(job), outcome: 'returned', reason: 'no memory' }), true)
    assert.equal(stateOf(job), 'published')
    assert.deepEqual(changes.at(-1), { kind: 'lyrics-work-changed', songId })
  })

  test('are cancelled with a deleted song, and wait again when it is restored', () => {
    const job = published()
    deleteSong(db, songId)
    assert.equal(stateOf(job), 'cancelled')
    restoreSong(db, songId)
    assert.equal(stateOf(job), 'waiting')
  })

  test('begin anew with a song that is tried again', () => {
    failSong(db, { songId, error: 'why' })
    assert.deepEqual(waiting(), [])
    retrySong(db, songId)
    assert.equal(countLyricsJobs(db, songId).known, 0)
    assert.equal(storedLyricsWork(db, songId)?.reason, null)
  })

  test('are removed when their work ends, fails, or begins anew', () => {
    assert.equal(failLyricsWork(db, { songId, reason: 'no voice' }), true)
    assert.equal(failLyricsWork(db, { songId, reason: 'again' }), false)
    assert.deepEqual([storedLyricsWork(db, songId)?.reason, jobsInState(db, 'waiting').length], ['no voice', 2])
    begin(songId)
    assert.equal(storedLyricsWork(db, songId)?.reason, null)
    add(songId, 1)
    assert.equal(endLyricsWork(db, songId), true)
    assert.equal(endLyricsWork(db, songId), false)
    assert.deepEqual([storedLyricsWork(db, songId), waiting().length], [undefined, 0])
  })
})
