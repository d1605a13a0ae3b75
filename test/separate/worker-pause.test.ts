import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import { WorkerPause } from '../../src/separate/worker-pause.ts'

describe('The pause of a worker that returns its jobs', () => {
  let ends: number
  let pause: WorkerPause

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] })
    ends = 0
    pause = new WorkerPause({ onEnd: () => ends++ })
  })
  afterEach(() => mock.timers.reset())

  test('is twice as long after each returned job, from a second to a minute', () => {
    const lengths = Array.from({ length: 9 }, () => pause.nextMs() / 1000)
    assert.deepEqual(lengths, [1, 2, 4, 8, 16, 32, 60, 60, 60])
  })

  test('stays a minute however many jobs are returned', () => {
    for (let returned = 0; returned < 5_000; returned++) pause.nextMs()
    assert.equal(pause.nextMs(), 60_000)
  })

  test('is a second again after a job was done', () => {
    for (let returned = 0; returned < 5; returned++) pause.nextMs()
    pause.reset()
    assert.equal(pause.nextMs(), 1_000)
  })

  test('ends once, after its length', () => {
    pause.start(2_000)
    mock.timers.tick(1_999)
    assert.equal(ends, 0)
    mock.timers.tick(1)
    assert.equal(ends, 1)
    mock.timers.tick(60_000)
    assert.equal(ends, 1)
  })

  test('begins anew when another one is started before its end', () => {
    pause.start(1_000)
    mock.timers.tick(500)
    pause.start(2_000)
    mock.timers.tick(1_999)
    assert.equal(ends, 0)
    mock.timers.tick(1)
    assert.equal(ends, 1)
  })

  test('does not end after it was cancelled', () => {
    pause.start(1_000)
    pause.cancel()
    mock.timers.tick(60_000)
    assert.equal(ends, 0)
  })
})
