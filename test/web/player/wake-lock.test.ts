import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { keepAwake, wakeLock } from '../../../web/src/player/wake-lock.ts'
import { openFakePlayer } from './fake-player.ts'

/** The browser's WakeLockSentinel. */
class FakeLock extends EventTarget {
  released = false

  async release(): Promise<void> {
    this.released = true
    this.dispatchEvent(new Event('release'))
  }
}

describe('The wake lock', () => {
  let given: FakeLock[]
  let isRefused: boolean
  /** When the system answers. */
  let answer: Promise<void>
  let page: EventTarget & { visibilityState: string }

  const settle = () => new Promise((resolve) => setImmediate(resolve))
  const held = () => given.filter(({ released }) => !released).length

  beforeEach(() => {
    given = []
    isRefused = false
    answer = Promise.resolve()
    page = Object.assign(new EventTarget(), { visibilityState: 'visible' })
    Object.defineProperty(globalThis, 'document', { value: page, configurable: true })
    const request = async () => {
      if (isRefused) throw new DOMException('', 'NotAllowedError')
      await answer
      const lock = new FakeLock()
      given.push(lock)
      return lock
    }
    Object.defineProperty(navigator, 'wakeLock', { value: { request }, configurable: true })
  })
  afterEach(() => {
    Reflect.deleteProperty(globalThis, 'document')
    Reflect.deleteProperty(navigator, 'wakeLock')
  })

  async function showPage(visibilityState: 'visible' | 'hidden'): Promise<void> {
    page.visibilityState = visibilityState
    page.dispatchEvent(new Event('visibilitychange'))
    await settle()
  }

  test('is held while a song plays, and not longer', async () => {
    const { player } = openFakePlayer()
    keepAwake(player)
    assert.equal(held(), 0)
    await player.play(1)
    await settle()
    assert.deepEqual([held(), wakeLock.value], [1, 'on'])
    player.pause()
    await settle()
    assert.deepEqual([held(), wakeLock.value], [0, 'off'])
  })

  test('is asked for again when a page that the system has hidden is shown', async () => {
    const { player } = openFakePlayer()
    keepAwake(player)
    await player.play(1)
    await settle()
    page.visibilityState = 'hidden'
    await given[0]?.release()
    await showPage('hidden')
    assert.deepEqual([held(), wakeLock.value], [0, 'off'])
    await showPage('visible')
    assert.deepEqual([held(), wakeLock.value], [1, 'on'])
  })

  test('is given back if the song stops before the system answers', async () => {
    const { player } = openFakePlayer()
    keepAwake(player)
    const { promise, resolve } = Promise.withResolvers<void>()
    answer = promise
    await player.play(1)
    player.pause()
    resolve()
    await settle()
    assert.deepEqual([given.length, wakeLock.value], [1, 'off'])
    assert.equal(held(), 0)
  })

  test('is refused or unavailable without a word, and the song plays', async () => {
    const { player } = openFakePlayer()
    isRefused = true
    keepAwake(player)
    await player.play(1)
    await settle()
    assert.equal(wakeLock.value, 'refused')
    Reflect.deleteProperty(navigator, 'wakeLock')
    keepAwake(player)
    assert.equal(wakeLock.value, 'unavailable')
    assert.equal(player.isOn.value, true)
  })
})
