import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { workerAnswers } from '../../src/listen/worker-answers.ts'
import { type Ledger, openLedger } from '../support/ledger.ts'
import { workerOf } from '../support/snapshot.ts'

describe('The answer about workers', () => {
  let ledger: Ledger

  before(async () => {
    ledger = await openLedger()
  })
  after(() => ledger.remove())

  test('names a lost worker behind the connected ones, without a job, models or a speed', () => {
    const dead = workerOf('dead', { state: 'busy', jobId: 7, speed: 3, jobs: 2 })
    const workers = { list: () => [workerOf('here')], lost: () => [dead], available: () => 1 }
    const answers = workerAnswers({ db: ledger.db, workers, serverId: 's' })
    assert.deepEqual(
      answers.map(({ worker, state }) => [worker, state]),
      [
        ['here', 'idle'],
        ['dead', 'lost'],
      ],
    )
    const { job_id, music_id, models, speed, jobs } = answers[1] ?? assert.fail()
    assert.deepEqual([job_id, music_id, models, speed, jobs], [null, null, [], null, 2])
  })
})
