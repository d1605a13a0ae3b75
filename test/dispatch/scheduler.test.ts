import assert from 'node:assert/strict'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { pino } from 'pino'
import type { Delivery, NewSubscription, Publication } from '../../src/broker/contract.ts'
import type { ClaimDecision } from '../../src/dispatch/claim.ts'
import { Scheduler, type SchedulerOptions } from '../../src/dispatch/scheduler.ts'
import type { Broker } from '../../src/dispatch/worker-channel.ts'
import { WorkerRegistry } from '../../src/dispatch/worker-registry.ts'
import { DELIVERY_MS, MAX_WAIT_MS } from '../../src/dispatch/yield-to-first-sound.ts'
import { CONTRACT, CONTROL_TOPIC, Control, Invitation } from '../../src/song/messages.ts'
import { PRESENCE_TOPIC } from '../../src/song/worker-presence.ts'
import type { Database } from '../../src/store/ledger/database.ts'
import type { Attempt } from '../../src/store/queries/attempts.ts'
import { getJob, jobsOfSong } from '../../src/store/queries/jobs.ts'
import { acceptResult, addJobs, endAttempt, markBlockFinal } from '../../src/store/transitions/jobs.ts'
import { acceptLyricsResult, addLyricsJobs } from '../../src/store/transitions/lyrics-jobs.ts'
import { beginLyricsWork } from '../../src/store/transitions/lyrics-work.ts'
import { finishDecoding } from '../../src/store/transitions/songs.ts'
import { type Ledger, newSong, openLedger } from '../support/ledger.ts'
import { SPEECH_MODEL, workerOf } from '../support/snapshot.ts'
import { until } from '../support/wait.ts'

/** A broker in this process that records the messages sent. */
class FakeBroker implements Broker {
  readonly connected = true
  readonly invitations: Invitation[] = []
  readonly controls: Control[] = []
  readonly #sent = new Map<number, Invitation>()
  readonly #subscriptions = new Map<string, NewSubscription>()

  async publish({ destination, body }: Publication): Promise<void> {
    if (destination === CONTROL_TOPIC) this.controls.push(Control.parse(JSON.parse(body)))
    else {
      const invitation = Invitation.parse(JSON.parse(body))
      this.invitations.push(invitation)
      this.#sent.set(invitation.jobId, invitation)
    }
  }

  subscribe(subscription: NewSubscription) {
    this.#subscriptions.set(subscription.destination, subscription)
    return { unsubscribe: async () => undefined }
  }

  onReconnected(): void {}

  /** Redelivers an invitation that a worker has given back. */
  redeliver(jobId: number): void {
    this.invitations.unshift(this.#sent.get(jobId) ?? assert.fail())
  }

  /** Delivers a worker's presence message. */
  presence(worker: string, changes: Parameters<typeof workerOf>[1] = {}): void {
    const body = JSON.stringify(workerOf(worker, changes))
    void this.#subscriptions.get(PRESENCE_TOPIC)?.onDelivery({ body } as Delivery)
  }
}

describe('The scheduler without its watch', () => {
  let ledger: Ledger
  let db: Database
  let broker: FakeBroker
  let scheduler: Scheduler
  let deliveries = 0
  /** Faults that ended work which a timer or a message had started. */
  let faults: unknown[]

  beforeEach(async () => {
    ledger = await openLedger({ onCommit: () => scheduler.decideSoon() })
    db = ledger.db
    broker = new FakeBroker()
    faults = []
    scheduler = new Scheduler(optionsWith(db))
  })
  afterEach(async () => {
    scheduler.close()
    await ledger.remove()
    assert.deepEqual(faults, [])
  })

  function optionsWith(db: Database): SchedulerOptions {
    return {
      db,
      broker,
      sender: { serverUrl: () => 'http://server', serverId: 'server', run: () => 1 },
      workers: new WorkerRegistry(),
      log: pino({ level: 'silent' }),
      maxAttempts: 3,
      models: () => [],
      onInvitedAgain: () => undefined,
      guard(work) {
        try {
          work()
        } catch (error) {
          faults.push(error)
        }
      },
      host: 'server',
      watchEveryMs: null,
    }
  }

  function claim(worker: string, invitation = broker.invitations.shift()): Promise<ClaimDecision> {
    const { jobId, generation, token } = invitation ?? assert.fail('no invitation is left')
    return scheduler.claim({
      jobId,
      claim: { v: CONTRACT, worker, delivery: `${++deliveries}`, generation, token },
    })
  }

  async function attemptOf(answer: Promise<ClaimDecision>): Promise<Attempt> {
    const given = await answer
    return given.kind === 'assigned' ? given.attempt : assert.fail(given.kind)
  }

  /** The value of `answer` if it resolves at once. Null if it waits. */
  async function atOnce<T>(answer: Promise<T>): Promise<T | null> {
    return Promise.race([answer, setImmediate(null)])
  }

  function finish(attempt: Attempt): void {
    assert.ok(acceptResult(db, { attempt, sha256: 'x', seconds: 1 }))
    markBlockFinal(db, { jobId: attempt.jobId, sha256: 'x' })
  }

  const invited = (count: number) => until('invitations are out', () => broker.invitations.length === count)
  const segmentOf = ({ jobId }: Attempt) => {
    const job = getJob(db, jobId)
    return job?.kind === 'separate' ? job.segment : undefined
  }

  test('publishes, delays, preempts and finishes the jobs of a song without reading the ledger by timer', async () => {
    const songId = newSong(db)
    addJobs(db, { songId, segments: 40 })
    finishDecoding(db, { songId, samples: 400, statistics: { mean: 0, deviation: 1 }, warnings: [] })
    broker.presence('a', { host: 'shared' })
    broker.presence('b', { host: 'shared' })
    await invited(4)

    const first = await attemptOf(claim('a'))
    broker.presence('a', { host: 'shared', state: 'busy', jobId: first.jobId })
    const waiting = claim('b')
    assert.equal(await atOnce(waiting), null, 'its machine works on the first sound')
    finish(first)
    const second = await attemptOf(waiting)
    assert.equal(segmentOf(second), 1)
    broker.presence('b', { host: 'shared', state: 'busy', jobId: second.jobId })

    const third = await attemptOf(claim('a'))
    scheduler.movePlayhead('somebody', { songId, segment: 30 })
    const urgent = await until('workers are asked to stop', () => broker.controls.find(({ kind }) => kind === 'urgent'))
    assert.deepEqual(urgent.letGo.sort(), [second.jobId, third.jobId].sort())
    for (const attempt of [second, third]) {
      endAttempt(db, { attempt, outcome: 'returned', reason: 'yielded' })
      broker.redeliver(attempt.jobId)
    }
    const heard = await attemptOf(claim('a'))
    assert.equal(segmentOf(heard), 29)
    finish(heard)

    for (let left = 38; left > 0; left--) {
      await until('the next invitation is out', () => broker.invitations.length > 0)
      finish(await attemptOf(claim('a')))
    }
    assert.ok(jobsOfSong(db, songId).every(({ state }) => state === 'done'))
  })

  test('does jobs for lyrics behind separations, and between them while a long song is separated', async () => {
    const songId = newSong(db)
    addJobs(db, { songId, segments: 60 })
    beginLyricsWork(db, { songId, kind: 'transcribe', language: null, lyrics: null, revision: 0 })
    const tasks = Array.from({ length: 5 }, (_, position) => {
      return {
        position,
        range: { startSample: 10 * position, samples: 10 },
        task: { kind: 'transcribe' as const, language: null },
      }
    })
    addLyricsJobs(db, { songId, modelId: SPEECH_MODEL, step: 'transcribe', tasks })
    broker.presence('a', { models: ['m-1', SPEECH_MODEL] })
    scheduler.movePlayhead('somebody', { songId, segment: 0 })
    /** The kinds of the jobs in the order in which the worker did them; 'w' is a claim that was withdrawn. */
    let order = ''
    while (order.replaceAll('w', '').length < 65) {
      await until('the next invitation is out', () => broker.invitations.length > 0)
      const [{ kind } = assert.fail()] = broker.invitations
      const answer = await claim('a')
      if (answer.kind !== 'assigned') {
        assert.deepEqual([kind, answer.kind], ['lyrics', 'gone'])
        order += 'w'
      } else if (kind === 'separate') {
        order += 's'
        finish(answer.attempt)
      } else {
        order += 'l'
        const result = { language: null, words: [] }
        assert.ok(acceptLyricsResult(db, { attempt: answer.attempt, result, sha256: 'x', seconds: 1 }))
      }
    }
    const jobs = order.replaceAll('w', '')
    assert.match(jobs, /^s{11}/, 'the prefetch window goes first')
    assert.match(jobs, /l.*s/, 'words come while the song is still separated')
    assert.match(jobs.replace(/l+$/, ''), /^(s{5,}l)*s*$/, 'separations have their turns')
    assert.ok(order.split('w').length < 12, order)
  })

  test('answers a waiting claim 250 ms after the first block is final', async () => {
    newSong(db)
    broker.presence('a', { host: 'shared' })
    broker.presence('b', { host: 'shared' })
    await invited(2)
    const first = await attemptOf(claim('a'))
    const waiting = claim('b')
    assert.equal(await atOnce(waiting), null)
    assert.ok(acceptResult(db, { attempt: first, sha256: 'x', seconds: 1 }))
    markBlockFinal(db, { jobId: first.jobId, sha256: 'x' })
    const finalAt = performance.now()
    assert.equal((await waiting).kind, 'assigned')
    const tookMs = performance.now() - finalAt
    assert.ok(tookMs >= DELIVERY_MS - 1 && tookMs < DELIVERY_MS + 200, `answered after ${tookMs} ms`)
  })

  test('answers a waiting claim at once when a listener moves to its job', async () => {
    const songId = newSong(db)
    broker.presence('a', { host: 'shared' })
    broker.presence('b', { host: 'shared' })
    await invited(2)
    await attemptOf(claim('a'))
    const waiting = claim('b')
    assert.equal(await atOnce(waiting), null)
    const askedAt = performance.now()
    scheduler.movePlayhead('somebody', { songId, segment: 1 })
    assert.equal(segmentOf(await attemptOf(waiting)), 1)
    assert.ok(performance.now() - askedAt < 200)
  })

  test('lets a claim wait at most 1.2 s for a first sound', async () => {
    newSong(db)
    broker.presence('a', { host: 'shared' })
    broker.presence('b', { host: 'shared' })
    await invited(2)
    await attemptOf(claim('a'))
    const askedAt = performance.now()
    assert.equal((await claim('b')).kind, 'assigned')
    const tookMs = performance.now() - askedAt
    assert.ok(tookMs >= MAX_WAIT_MS - 1 && tookMs < MAX_WAIT_MS + 300, `answered after ${tookMs} ms`)
  })

  test("lets the server's decoder wait for a first sound on its machine, or until its song is stopped", async () => {
    newSong(db)
    broker.presence('a', { host: 'server' })
    await invited(2)
    assert.equal(await atOnce(scheduler.whenDecoderMayRun().then(() => 'continues')), 'continues')
    await attemptOf(claim('a'))
    const stop = new AbortController()
    const decoder = scheduler.whenDecoderMayRun(stop.signal)
    assert.equal(await atOnce(decoder.then(() => 'continues')), null)
    stop.abort()
    await decoder
  })

  test('answers a claim that waits for an upload when the upload has ended', async () => {
    newSong(db)
    broker.presence('a', { host: 'server' })
    await invited(2)
    const first = await attemptOf(claim('a'))
    finish(first)
    scheduler.setUploadEnding(7, performance.now() + 4_000)
    const waiting = claim('a')
    assert.equal(await atOnce(waiting), null)
    scheduler.setUploadEnding(7, null)
    assert.equal(segmentOf(await attemptOf(waiting)), 1)
  })

  test('publishes the jobs of a song that is added later, after the change of the ledger', async () => {
    broker.presence('a')
    newSong(db)
    await invited(2)
    const attempt = await attemptOf(claim('a'))
    addJobs(db, { songId: newSong(db), segments: 5 })
    finish(attempt)
    await invited(2)
  })

  test('asks a worker only once to stop a job', async () => {
    const songId = newSong(db)
    addJobs(db, { songId, segments: 40 })
    finishDecoding(db, { songId, samples: 400, statistics: { mean: 0, deviation: 1 }, warnings: [] })
    broker.presence('a', { state: 'busy' })
    await invited(2)
    await attemptOf(claim('a'))
    const urgent = () => broker.controls.filter(({ kind }) => kind === 'urgent').length
    for (const segment of [30, 31, 30]) {
      scheduler.movePlayhead('somebody', { songId, segment })
      await until('the worker is asked to stop', () => urgent() === 1)
      await once(AbortSignal.timeout(30), 'abort')
    }
    assert.equal(urgent(), 1)
  })

  test('answers all waiting requests when it is closed', async () => {
    newSong(db)
    broker.presence('a', { host: 'server' })
    broker.presence('b', { host: 'server' })
    await invited(2)
    await attemptOf(claim('a'))
    const [waiting, decoder] = [claim('b'), scheduler.whenDecoderMayRun()]
    assert.equal(await atOnce(waiting), null)
    scheduler.close()
    assert.equal((await waiting).kind, 'assigned')
    await decoder
  })

  test('rejects a waiting claim if the ledger cannot be read, and answers later claims when it can', async (t) => {
    const songId = newSong(db)
    broker.presence('a', { host: 'shared' })
    broker.presence('b', { host: 'shared' })
    await invited(2)
    const invitation = broker.invitations[1]
    const first = await attemptOf(claim('a'))
    const waiting = claim('b')
    assert.equal(await atOnce(waiting), null, 'its machine works on the first sound')
    const away = () => {
      throw new Error('the ledger is away')
    }
    const reads = [t.mock.method(db, 'one', away), t.mock.method(db, 'all', away)]
    scheduler.movePlayhead('somebody', { songId, segment: 0 })
    await assert.rejects(waiting, /the ledger is away/)
    assert.equal(faults.splice(0).length, 1, 'the timer that decided has ended with the fault')
    for (const read of reads) read.mock.restore()
    finish(first)
    assert.equal(segmentOf(await attemptOf(claim('b', invitation))), 1)
  })

  test('rejects requests while the ledger cannot be read', async () => {
    const away = () => {
      throw new Error('the ledger is away')
    }
    const lost = new Scheduler(optionsWith(Object.assign(Object.create(db), { now: () => 0, one: away, all: away })))
    const claim = { v: CONTRACT, worker: 'a', delivery: '1', generation: 1, token: 'a token' }
    await assert.rejects(lost.claim({ jobId: 1, claim }), /the ledger is away/)
    await assert.rejects(lost.whenDecoderMayRun(), /the ledger is away/)
    lost.close()
  })
})
