import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EDITOR_KEYS, editCommandOf } from '../../../../web/src/lyrics/editor/editor-keys.ts'
import { followed, showing, zoomed } from '../../../../web/src/lyrics/editor/lane-window.ts'
import { nudgeOf, partAt } from '../../../../web/src/lyrics/editor/word-drag.ts'

const key = (typed: string, held: Partial<Record<'ctrlKey' | 'altKey' | 'shiftKey' | 'metaKey', true>> = {}) => {
  return { key: typed, ctrlKey: false, altKey: false, shiftKey: false, metaKey: false, ...held }
}

describe('The keys of the editor', () => {
  test('are each of one command', () => {
    const typed = EDITOR_KEYS.flatMap((each) => each.typed)
    assert.equal(new Set(typed).size, typed.length)
    assert.equal(editCommandOf(key('s')), 'splitLine')
    assert.equal(editCommandOf(key('S', { shiftKey: true })), 'splitWord')
  })

  test('undo and redo on every system', () => {
    assert.equal(editCommandOf(key('z', { ctrlKey: true })), 'undo')
    assert.equal(editCommandOf(key('z', { metaKey: true })), 'undo')
    assert.equal(editCommandOf(key('Z', { ctrlKey: true, shiftKey: true })), 'redo')
    assert.equal(editCommandOf(key('y', { ctrlKey: true })), 'redo')
  })

  test("leave the browser's own alone", () => {
    for (const each of [key('r', { ctrlKey: true }), key('d', { altKey: true }), key('F5')])
      assert.equal(editCommandOf(each), null)
  })

  test('move a word by 10 ms, with Shift by 100, with Alt its end, with Ctrl its start', () => {
    assert.deepEqual(nudgeOf(key('ArrowLeft')), { part: 'whole', byMs: -10 })
    assert.deepEqual(nudgeOf(key('ArrowRight', { shiftKey: true, altKey: true })), { part: 'end', byMs: 100 })
    assert.deepEqual(nudgeOf(key('ArrowRight', { ctrlKey: true })), { part: 'start', byMs: 10 })
    assert.equal(nudgeOf(key('a')), null)
  })
})

test('A press grasps an end of a block near it, and the middle of a narrow one still', () => {
  assert.equal(partAt({ x: 3, width: 100, isTouch: false }), 'start')
  assert.equal(partAt({ x: 96, width: 100, isTouch: false }), 'end')
  assert.equal(partAt({ x: 12, width: 100, isTouch: false }), 'whole')
  assert.equal(partAt({ x: 12, width: 100, isTouch: true }), 'start')
  assert.equal(partAt({ x: 6, width: 12, isTouch: true }), 'whole')
})

describe('The window of the lane', () => {
  const window = { startMs: 1_000, lengthMs: 8_000 }

  test('follows the playhead, in pages if motion is unwanted', () => {
    assert.equal(followed(window, 10_000, false).startMs, 7_200)
    assert.equal(followed(window, 5_000, true), window)
    assert.equal(followed(window, 8_900, true).startMs, 8_100)
  })

  test('moves only as far as it must to show a word', () => {
    assert.equal(showing(window, 4_000), window)
    assert.ok(showing(window, 20_000).startMs > 12_000)
  })

  test('zooms around a time, which keeps its place', () => {
    const near = zoomed(window, 1, 5_000)
    assert.deepEqual(near, { lengthMs: 5_000, startMs: 2_500 })
    assert.deepEqual(zoomed(near, -1, 5_000), window)
  })
})
