import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { setLoop } from '../../../web/src/player/loop.ts'
import { SAMPLE_RATE } from '../../../web/src/player/mixer.ts'
import { setPractice } from '../../../web/src/player/set-practice.ts'
import { openFakePlayer } from './fake-player.ts'

const TRAINER = { stepPercent: 5, targetTempo: 0.8 }
const LOOP = { start: 0, end: 4 * SAMPLE_RATE }

describe('The loop trainer', () => {
  let fake: ReturnType<typeof openFakePlayer>

  /** The mixer reports so many passes since the song was opened. */
  const report = (passes: number) =>
    fake.listener().onReport({ position: 0, passes, status: 'playing', levels: [], released: [], contextTime: 0 })
  const tempo = () => fake.player.practice.value.tempo

  beforeEach(async () => {
    fake = openFakePlayer()
    await fake.player.play(1)
    setPractice(fake.player, 1, { tempo: 0.67 })
    setLoop(fake.player, LOOP)
  })

  test('raises the tempo with each pass of the loop, until it is the target', () => {
    fake.player.practising.trainer.value = TRAINER
    const tempos = [0, 1, 1, 2, 3, 4].map((passes) => {
      report(passes)
      return tempo()
    })
    assert.deepEqual(tempos, [0.67, 0.72, 0.72, 0.77, 0.8, 0.8])
    assert.deepEqual(
      fake.practices.slice(-3).map((practice) => practice.tempo),
      [0.72, 0.77, 0.8],
    )
    assert.equal(fake.player.practising.passes.value, 4)
  })

  test('changes nothing while it is off, and counts the passes', () => {
    report(3)
    assert.equal(tempo(), 0.67)
    assert.equal(fake.player.practising.passes.value, 3)
  })

  test('begins again at the tempo of the user when the loop changes', () => {
    fake.player.practising.trainer.value = TRAINER
    report(2)
    setLoop(fake.player, { end: 5 * SAMPLE_RATE })
    assert.equal(tempo(), 0.67)
    assert.equal(fake.player.practising.passes.value, 0)
    report(2)
    assert.equal(fake.player.practising.passes.value, 0, 'passes of the old loop')
    report(3)
    assert.deepEqual([tempo(), fake.player.practising.passes.value], [0.72, 1])
  })

  test('does not count passes twice that the mixer reports again after a pause', () => {
    fake.player.practising.trainer.value = TRAINER
    for (const passes of [2, 1, 2]) {
      report(passes)
      assert.deepEqual([tempo(), fake.player.practising.passes.value], [0.77, 2])
    }
  })

  test('goes on from a tempo that the user chooses meanwhile, and keeps the key', async () => {
    fake.player.practising.trainer.value = TRAINER
    report(1)
    setPractice(fake.player, 1, { semitones: 2 })
    assert.deepEqual(fake.player.practice.value, { semitones: 2, tempo: 0.72 })
    setPractice(fake.player, 1, { tempo: 0.5 })
    report(2)
    assert.deepEqual(fake.player.practice.value, { semitones: 2, tempo: 0.55 })
    setLoop(fake.player, null)
    assert.equal(tempo(), 0.5)
  })

  test('is off in another song', async () => {
    fake.player.practising.trainer.value = TRAINER
    await fake.player.play(2)
    assert.equal(fake.player.practising.trainer.value, null)
  })
})
