import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { answerOf } from '../../src/listen/errors.ts'
import { statusOf } from '../../src/listen/http-statuses.ts'
import { TRANSIENT_FAULTS, type TransientFault } from '../../src/platform/transient-fault.ts'
import { type ErrorCode, UserError } from '../../src/song/errors.ts'

/** The codes of the API since version 0.1.0, and the statuses of each. */
const ANSWERED: Readonly<Record<string, readonly number[]>> = {
  'bad-host': [400],
  'bad-request': [400],
  'broken-form': [400, 413],
  'broken-off': [400],
  busy: [429],
  'disk-error': [503],
  empty: [405],
  'file-deleted': [410],
  'file-not-found': [404],
  'folder-gone': [503],
  forbidden: [403],
  'foreign-host': [403],
  'foreign-origin': [403],
  gone: [410],
  'job-not-found': [404],
  'ledger-busy': [503],
  'ledger-damaged': [503],
  'model-not-found': [400],
  'music-not-deleted': [404],
  'music-not-found': [404],
  'no-cover': [404],
  'no-descriptors': [503],
  'no-memory': [503],
  'no-room': [507],
  'no-sound': [405],
  'no-sound-values': [422],
  'no-track': [400],
  'not-found': [404],
  'not-json': [400],
  'not-yet': [404, 405],
  'read-only': [503],
  'song-failed': [405],
  'song-not-failed': [405],
  'too-large': [413],
  'too-long': [413],
  'too-many': [429],
  'too-many-uploads': [429],
  'track-not-found': [404, 405],
  unauthorized: [401],
  undecodable: [405],
  'version-gone': [410],
  'wrong-length': [413, 422],
  'wrong-token': [401],
}

/** The kinds of fault that share a code of the API with another kind. */
const SHARING: readonly ErrorCode[] = [
  'form-too-large',
  'result-too-long',
  'song-not-separated',
  'unknown-track-wanted',
]

const noFault = () => null

describe('The HTTP status of an error', () => {
  test('has not changed for any code since version 0.1.0', () => {
    const answered: Record<string, number[]> = {}
    for (const kind of [...Object.keys(ANSWERED), ...SHARING] as ErrorCode[]) {
      const { status, code } = statusOf(kind)
      answered[code] = [...(answered[code] ?? []), status].sort((a, b) => a - b)
    }
    assert.deepEqual(answered, ANSWERED)
  })

  test('is answered with the message and the time to try again', () => {
    const error = new UserError('Too much.', { code: 'busy', retryAfterSeconds: 3 })
    assert.deepEqual(answerOf(error, noFault), {
      status: 429,
      code: 'busy',
      error: 'Too much.',
      retryAfterSeconds: 3,
    })
  })

  test('is 503 or 507 for every transient fault, with a time to try again', () => {
    for (const fault of Object.keys(TRANSIENT_FAULTS) as TransientFault[]) {
      const { message, retryAfterSeconds } = TRANSIENT_FAULTS[fault]
      const answer = answerOf(new Error('EIO'), () => fault)
      const status = fault === 'no-room' ? 507 : 503
      assert.deepEqual(answer, { status, code: fault, error: message, retryAfterSeconds })
    }
  })

  test('is 500 for a defect, whose message is not shown', () => {
    const { status, code, error } = answerOf(new Error('secret'), noFault)
    assert.deepEqual([status, code], [500, 'internal'])
    assert.doesNotMatch(error, /secret/)
  })
})
