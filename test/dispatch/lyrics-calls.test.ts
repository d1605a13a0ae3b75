import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { pino } from 'pino'
import { answerClaim } from '../../src/dispatch/claim.ts'
import { WorkerCalls } from '../../src/dispatch/worker-calls.ts'
import { Metrics } from '../../src/metrics.ts'
import type { InstalledModels } from '../../src/models/installed-models.ts'
import { CONTRACT, type LyricsAssignment } from '../../src/song/messages.ts'
import { bytesOf, SAMPLE_RATE } from '../../src/song/pcm.ts'
import type { Database } from '../../src/store/ledger/database.ts'
import { waitingLyricsJobs } from '../../src/store/queries/lyrics-queue.ts'
import { lyricsTasksOf } from '../../src/store/queries/lyrics-tasks.ts'
import { getSong } from '../../src/store/queries/songs.ts'
import { songFolder, stemPath } from '../../src/store/song-files/paths.ts'
import { publishJob } from '../../src/store/transitions/jobs.ts'
import { addLyricsJobs } from '../../src/store/transitions/lyrics-jobs.ts'
import { beginLyricsWork } from '../../src/store/transitions/lyrics-work.ts'
import { type Ledger, newSong, openLedger } from '../support/ledger.ts'

const MODEL = 's-1'
const SECONDS = 3

describe('The calls of a worker at a job for lyrics', () => {
  let ledger: Ledger
  let db: Database
  let folders: { root: string }
  let songId: number
  let calls: WorkerCalls
  const failed: [what: string, songId: number, reason: string][] = []

  beforeEach(async () => {
    ledger = await openLedger()
    db = ledger.db
    folders = { root: await mkdtemp(join(tmpdir(), 'minus-one-lyrics-calls-')) }
    songId = newSong(db)
    await writeVoice()
    beginLyricsWork(db, { songId, kind: 'transcribe', language: null, lyrics: null, revision: 0 })
    const range = { startSample: SAMPLE_RATE, samples: SAMPLE_RATE }
    const tasks = [{ position: 0, range, task: { kind: 'transcribe' as const, language: 'en' } }]
    addLyricsJobs(db, { songId, modelId: MODEL, step: 'transcribe', tasks })
    failed.length = 0
    calls = new WorkerCalls({
      db,
      folders,
      log: pino({ level: 'silent' }),
      metrics: new Metrics(),
      installedModels: {} as InstalledModels,
      maxAttempts: 1,
      claimJob: async (request) => answerClaim(db, { ...request, maxAttempts: 1, swapFor: null }),
      failSong: (id, reason) => void failed.push(['song', id, reason]),
      failLyrics: (id, reason) => void failed.push(['lyrics', id, reason]),
      onResult: () => assert.fail('it is no separation'),
    })
  })
  afterEach(async () => {
    await ledger.remove()
    await rm(folders.root, { recursive: true })
  })

  /** The voice: a steady 100, 200 and 300 in its three seconds, equal in both channels. */
  async function writeVoice(): Promise<void> {
    const track = getSong(db, songId)?.tracks[0] ?? assert.fail()
    await mkdir(songFolder(folders, songId), { recursive: true })
    const sound = Int16Array.from(
      { length: 2 * SECONDS * SAMPLE_RATE },
      (_, i) => 100 * (1 + Math.floor(i / 2 / SAMPLE_RATE)),
    )
    await writeFile(stemPath(folders, { songId, trackId: track.id }), Buffer.concat([Buffer.alloc(44), bytesOf(sound)]))
  }

  async function claim(): Promise<LyricsAssignment> {
    const [waiting] = waitingLyricsJobs(db, { modelId: MODEL, listened: [], limit: 1 })
    const job = (waiting && publishJob(db, waiting)) ?? assert.fail()
    const { token, generation } = job
    const answer = await calls.claim(job.id, { v: CONTRACT, generation, token, worker: 'w', delivery: 'delivery' })
    assert.equal(answer.outcome, 'assigned')
    const { assignment } = answer as Extract<typeof answer, { outcome: 'assigned' }>
    return assignment.kind === 'lyrics' ? assignment : assert.fail()
  }

  function send({ jobId, attemptToken }: LyricsAssignment, body: unknown) {
    const bytes = Buffer.from(JSON.stringify(body))
    return calls.saveResult({ jobId, attemptToken, bytes: bytes.length, seconds: 1, body: Readable.from([bytes]) })
  }

  test('a claim is answered with the task, and the input is its range of the voice at 16 kHz in one channel', async () => {
    const assignment = await claim()
    assert.deepEqual([assignment.modelId, assignment.task], [MODEL, { kind: 'transcribe', language: 'en' }])
    assert.equal(assignment.inputBytes, 2 * 16_000)
    const input = await calls.input(assignment.jobId, assignment.attemptToken)
    assert.ok(typeof input !== 'string')
    assert.equal(input.length, assignment.inputBytes)
    const middle = new Int16Array(input.buffer, input.byteOffset, 16_000).subarray(1_000, 15_000)
    assert.ok(middle.every((value) => Math.abs(value - 200) <= 1))
  })

  test('a voice that is not on the disk ends the work on the lyrics, so that no worker asks for it again', async () => {
    const { jobId, attemptToken } = await claim()
    await rm(songFolder(folders, songId), { recursive: true })
    assert.equal(await calls.input(jobId, attemptToken), 'gone')
    assert.deepEqual(failed[0]?.slice(0, 2), ['lyrics', songId])
  })

  test('the first result is stored, and a second one is a duplicate', async () => {
    const assignment = await claim()
    const result = { language: 'en', words: [{ text: 'la', startMs: 0, endMs: 900, probability: 1 }] }
    assert.equal(await send(assignment, result), 'accepted')
    assert.equal(await send(assignment, { ...result, language: null }), 'duplicate')
    assert.deepEqual(lyricsTasksOf(db, { songId, step: 'transcribe' })[0]?.result, result)
  })

  test('a result that cannot be used is refused, and the attempt goes on', async () => {
    const assignment = await claim()
    await assert.rejects(send(assignment, { words: 'la' }), { code: 'not-a-result' })
    assert.equal(await send(assignment, { language: null, words: [] }), 'accepted')
  })

  test('too many failures end the work on the lyrics with the reason, and never the song', async () => {
    const { jobId, attemptToken } = await claim()
    assert.equal(calls.fail(jobId, attemptToken, { kind: 'failed', reason: 'the network burst' }), 'noted')
    assert.equal(failed.length, 1)
    assert.deepEqual(failed[0]?.slice(0, 2), ['lyrics', songId])
    assert.match(failed[0]?.[2] ?? '', /1 attempts failed.*the network burst/)
  })
})
