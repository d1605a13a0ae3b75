import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { loopWith, setLoop } from '../../../web/src/player/loop.ts'
import { MIN_LOOP_SAMPLES, SAMPLE_RATE } from '../../../web/src/player/mixer.ts'
import type { Player } from '../../../web/src/player/player.ts'
import { openFakePlayer, SONG_SECONDS } from './fake-player.ts'

const LENGTH = SONG_SECONDS * SAMPLE_RATE
const second = (count: number) => count * SAMPLE_RATE

describe('The ends of a loop', () => {
  const loop = { start: second(10), end: second(20) }

  test('are those of the song until they are set', () => {
    assert.deepEqual(loopWith({ start: second(5) }, null, LENGTH), { start: second(5), end: LENGTH })
    assert.deepEqual(loopWith({ end: second(5) }, null, LENGTH), { start: 0, end: second(5) })
  })

  test('are those of the song again if the other end is set on their wrong side', () => {
    assert.deepEqual(loopWith({ start: second(30) }, loop, LENGTH), { start: second(30), end: LENGTH })
    assert.deepEqual(loopWith({ end: second(8) }, loop, LENGTH), { start: 0, end: second(8) })
  })

  test('are never nearer to each other than the shortest loop, nor outside of the song', () => {
    const shortest = { start: second(10), end: second(10) + MIN_LOOP_SAMPLES }
    assert.deepEqual(loopWith({ end: second(10) + 3 }, loop, LENGTH), shortest)
    const last = { start: LENGTH - MIN_LOOP_SAMPLES, end: LENGTH }
    assert.deepEqual(loopWith({ start: LENGTH - 3 }, null, LENGTH), last)
    assert.deepEqual(loopWith({ start: -5, end: 2 * LENGTH }, null, LENGTH), { start: 0, end: LENGTH })
    assert.equal(loopWith({ start: 0 }, null, MIN_LOOP_SAMPLES - 1), null)
  })
})

describe('A loop of the open song', () => {
  let player: Player
  let sent: () => (string | number)[]

  beforeEach(async () => {
    const fake = openFakePlayer()
    ;({ player } = fake)
    await player.play(1)
    sent = () => fake.commands.flatMap((command) => (command.kind === 'loop' ? [command.loop?.end ?? 'none'] : []))
  })

  test('shows the playhead at its start at once if it is set behind it', async () => {
    await player.seek(1, second(30))
    setLoop(player, { start: second(10), end: second(20) })
    assert.equal(player.position.value, second(10))
  })

  test('leaves the playhead alone if it is set again after a seek behind it', async () => {
    setLoop(player, { start: second(10), end: second(20) })
    await player.seek(1, second(30))
    setLoop(player, { start: second(10), end: second(20) })
    assert.equal(player.position.value, second(30))
    assert.deepEqual(sent(), ['none', second(20)])
  })

  test('is sent to a new mixer before the place, so that a playhead behind it stays', async () => {
    const fake = openFakePlayer()
    await fake.player.seek(1, 0)
    setLoop(fake.player, { start: second(10), end: second(20) })
    await fake.player.seek(1, second(30))
    fake.listener().onFault()
    fake.commands.length = 0
    await fake.player.play(1)
    assert.deepEqual(
      fake.commands.map(({ kind }) => kind).filter((kind) => kind === 'loop' || kind === 'seek'),
      ['loop', 'seek'],
    )
    assert.equal(fake.player.position.value, second(30))
  })
})
