import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { type Step, UndoHistory } from '../../web/src/undo-history.ts'

describe('The undo history', () => {
  let history: UndoHistory
  let nowMs: number
  let value: string

  /** Sets the value, as a step. */
  function set(next: string, more: Partial<Step> = {}): Step {
    const before = value
    const apply = (to: string) => () => {
      value = to
    }
    value = next
    const step = { label: `to ${next}`, undo: apply(before), redo: apply(next), ...more }
    history.add(step)
    return step
  }

  beforeEach(() => {
    nowMs = 0
    value = 'a'
    history = new UndoHistory(() => nowMs)
  })

  test('takes steps back and makes them again, the last one first, and names the next one', async () => {
    set('b')
    set('c')
    assert.deepEqual([history.canUndo.value, history.canRedo.value], ['to c', null])
    await history.undo()
    assert.deepEqual([value, history.canUndo.value, history.canRedo.value], ['b', 'to b', 'to c'])
    await history.undo()
    await history.undo()
    assert.deepEqual([value, history.canUndo.value, history.canRedo.value], ['a', null, 'to b'])
    await history.redo()
    await history.redo()
    await history.redo()
    assert.deepEqual([value, history.canUndo.value, history.canRedo.value], ['c', 'to c', null])
  })

  test('forgets what was taken back when something else is changed', async () => {
    set('b')
    await history.undo()
    set('c')
    assert.equal(history.canRedo.value, null)
  })

  test('makes one step of those with the same key that follow each other within a second, such as a drag', async () => {
    for (const next of ['b', 'c', 'd']) {
      set(next, { mergeKey: 'fader' })
      nowMs += 900
    }
    nowMs += 200
    set('e', { mergeKey: 'fader' })
    await history.undo()
    assert.equal(value, 'd')
    await history.undo()
    assert.equal(value, 'a')
    await history.redo()
    assert.equal(value, 'd')
  })

  test('does not merge steps of different keys, nor those without one', async () => {
    set('b', { mergeKey: 'drums' })
    set('c', { mergeKey: 'bass' })
    set('d')
    set('e')
    await history.undo()
    assert.equal(value, 'd')
    for (let i = 0; i < 2; i++) await history.undo()
    assert.equal(value, 'b')
  })

  test('keeps the last hundred steps', async () => {
    for (let i = 0; i <= 100; i++) set(`${i}`)
    for (let i = 0; i < 101; i++) await history.undo()
    assert.equal(value, '0')
  })

  test('passes over steps of a song that is gone', async () => {
    set('b')
    set('c', { isPossible: () => false })
    assert.equal(history.canUndo.value, 'to b')
    await history.undo()
    assert.equal(value, 'a')
  })

  test('takes one step out of the middle', async () => {
    const step = set('b')
    set('c')
    await history.undoStep(step)
    assert.deepEqual([value, history.canUndo.value, history.canRedo.value], ['a', 'to c', 'to b'])
    await history.undoStep(step)
    assert.equal(history.canUndo.value, 'to c')
  })

  test('keeps the order in which steps were asked for, whichever is confirmed first', () => {
    const place = history.reserve()
    set('b')
    history.add({ label: 'the first', undo: () => undefined, redo: () => undefined }, place)
    assert.equal(history.canUndo.value, 'to b')
  })

  test('lets a step wait for the one before, and forgets one that fails', async () => {
    const answer = Promise.withResolvers<void>()
    const order: string[] = []
    set('b', { undo: () => order.push('second') })
    set('c', { undo: () => answer.promise.then(() => order.push('first')) })
    const both = [history.undo(), history.undo()]
    answer.resolve()
    await Promise.all(both)
    assert.deepEqual(order, ['first', 'second'])
    set('d', { undo: () => Promise.reject(new Error('gone')) })
    await assert.rejects(history.undo(), /gone/)
    assert.deepEqual([history.canUndo.value, history.canRedo.value], [null, null])
    set('e')
    await history.undo()
    assert.equal(value, 'd')
  })
})
