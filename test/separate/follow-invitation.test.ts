import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CouldNotTry } from '../../src/separate/could-not-try.ts'
import { followInvitation, type Outcome, type Step } from '../../src/separate/follow-invitation.ts'
import { type JobWork, separationWork } from '../../src/separate/job-work.ts'
import type { Separator } from '../../src/separate/separator.ts'
import type { ServerApi } from '../../src/separate/server-api.ts'
import { CONTRACT, type Failure, type Invitation, type SeparationAssignment } from '../../src/song/messages.ts'
import { SAMPLE_RATE } from '../../src/song/pcm.ts'

const INVITATION: Invitation = {
  v: CONTRACT,
  kind: 'separate',
  jobId: 1,
  generation: 2,
  server: 'http://server',
  serverId: 'server-1',
  run: 1,
  replyTo: '/queue/results',
  token: 'a-token-of-a-job',
}
/** The server may assign another job than that of the invitation. */
const ASSIGNMENT: SeparationAssignment = {
  jobId: 7,
  songId: 3,
  attempt: 2,
  attemptToken: 'a-token-of-an-attempt',
  kind: 'separate',
  segment: 5,
  modelId: 'a-model',
  inputBytes: 4,
  level: null,
}
const SOUND = Int16Array.of(1, 2)
const SEPARATOR: Separator = {
  grid: { strideSamples: 2 * SAMPLE_RATE, inputOffsetSamples: 0, inputSamples: 1, tailSamples: 0 },
  stems: ['vocals'],
  separate: async () => [Float32Array.of(1)],
}

type Attempted = { outcome: Outcome; reports: Failure[]; steps: Step[]; sent: number }

/** Follows an invitation with a server and a separator in which these parts are different. */
async function follow({
  api: calls = {},
  separator = {},
  load = async () => separationWork({ ...SEPARATOR, ...separator }, ASSIGNMENT),
  isCancelled = () => false,
  preempted = new AbortController().signal,
}: {
  api?: Partial<ServerApi>
  separator?: Partial<Separator>
  load?(): Promise<JobWork>
  isCancelled?(): boolean
  preempted?: AbortSignal
} = {}): Promise<Attempted> {
  const reports: Failure[] = []
  const steps: Step[] = []
  let sent = 0
  const api: ServerApi = {
    claim: async () => ({ assignment: ASSIGNMENT, input: SOUND, answeredAt: performance.now() }),
    fetchInput: async () => SOUND,
    sendResult: async () => {
      sent++
      return 'accepted'
    },
    reportFailure: async (_assignment, failure) => void reports.push(failure),
    fetchModel: async () => assert.fail('nothing is fetched'),
    fetchGraph: async () => assert.fail('nothing is fetched'),
    ...calls,
  }
  const outcome = await followInvitation({
    invitation: INVITATION,
    worker: 'w',
    api,
    workOf: load,
    isCancelled,
    preempted,
    onStep: (step) => void steps.push(step),
  })
  return { outcome, reports, steps, sent }
}

describe('an invitation', () => {
  test('ends as done once the server has the result', async () => {
    const { outcome, reports, steps } = await follow()
    assert.ok(outcome.kind === 'done')
    assert.deepEqual([outcome.jobId, outcome.news.attempt, outcome.news.outcome], [7, 2, 'accepted'])
    assert.equal(outcome.soundSeconds, 2)
    assert.deepEqual(steps, ['claimed', 'fetched', 'computed', 'sent'])
    assert.deepEqual(reports, [])
  })

  test('ends as done for the sound that the worker fetches, if it did not come with the claim', async () => {
    const claim = async () => ({ assignment: ASSIGNMENT, input: null, answeredAt: performance.now() })
    let heard: Int16Array | null = null
    const separate: Separator['separate'] = async ({ input }) => {
      heard = input
      return []
    }
    const { outcome } = await follow({ api: { claim }, separator: { separate } })
    assert.deepEqual([outcome.kind, heard], ['done', SOUND])
  })

  test('is gone if the server says so: to the claim, to the fetch, or to the result', async () => {
    const unsent = async () => ({ assignment: ASSIGNMENT, input: null, answeredAt: 0 })
    for (const [api, jobId, reason] of [
      [{ claim: async () => 'gone' }, 1, 'gone'],
      [{ claim: async () => 'forbidden' }, 1, 'forbidden'],
      [{ claim: unsent, fetchInput: async () => 'gone' }, 7, 'cancelled'],
      [{ sendResult: async () => 'gone' }, 7, 'cancelled'],
    ] as [Partial<ServerApi>, number, string][]) {
      const { outcome, reports } = await follow({ api })
      assert.deepEqual(outcome, { kind: 'gone', jobId, reason })
      assert.deepEqual(reports, [], 'nobody is blamed')
    }
  })

  test('is gone if its work was cancelled meanwhile, and no result is sent', async () => {
    const { outcome, steps, sent } = await follow({ isCancelled: () => true })
    assert.deepEqual(outcome, { kind: 'gone', jobId: 7, reason: 'cancelled' })
    assert.deepEqual([steps, sent], [['claimed'], 0])
  })

  test('fails if the separation fails, with a reason of limited length for the server', async () => {
    const reason = 'x'.repeat(5_000)
    const separate = () => Promise.reject(new Error(reason))
    const { outcome, reports } = await follow({ separator: { separate } })
    assert.deepEqual(outcome, { kind: 'failed', jobId: 7, reason })
    assert.deepEqual(reports, [{ kind: 'failed', reason: 'x'.repeat(2_000) }])
  })

  test('is returned if the worker could not try: no server, no memory', async () => {
    for (const fault of [new CouldNotTry('cannot reach it'), new Error('std::bad_alloc')]) {
      const { outcome, reports } = await follow({ separator: { separate: () => Promise.reject(fault) } })
      const returned = { kind: 'returned', jobId: 7, reason: fault.message, isModelUnavailable: false }
      assert.deepEqual(outcome, returned)
      assert.deepEqual(reports, [{ kind: 'returned', reason: fault.message }])
    }
  })

  test('is returned with the model as the reason if that cannot be loaded', async () => {
    const { outcome } = await follow({ load: () => Promise.reject(new Error('a wrong hash')) })
    assert.ok(outcome.kind === 'returned' && outcome.isModelUnavailable)
    assert.equal(outcome.reason, 'model a-model cannot be used: a wrong hash')
  })

  test('is returned in silence if not even the claim reaches the server', async () => {
    const claim = () => Promise.reject(new CouldNotTry('cannot reach it'))
    const { outcome, reports } = await follow({ api: { claim } })
    assert.deepEqual([outcome.kind, outcome.jobId, reports], ['returned', 1, []])
  })

  test('is preempted if the separation stops for a more urgent job, even if the report is lost', async () => {
    const preemption = new AbortController()
    const separate: Separator['separate'] = async (_segment, signal) => {
      preemption.abort()
      signal?.throwIfAborted()
      return []
    }
    const options = { separator: { separate }, preempted: preemption.signal }
    const { outcome, reports } = await follow(options)
    assert.deepEqual(outcome, { kind: 'preempted', jobId: 7 })
    assert.deepEqual(
      reports.map(({ kind }) => kind),
      ['yielded'],
    )
    const reportFailure = () => Promise.reject(new Error('cut off'))
    assert.equal((await follow({ ...options, api: { reportFailure } })).outcome.kind, 'preempted')
  })
})
