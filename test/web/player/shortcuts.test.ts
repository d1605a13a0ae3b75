import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { commandOf, type Key } from '../../../web/src/player/command-of-key.ts'
import { type Focus, isForControl } from '../../../web/src/player/focus-precedence.ts'
import { SHORTCUTS } from '../../../web/src/player/shortcuts.ts'

const NO_KEY: Key = {
  key: '',
  code: '',
  ctrlKey: false,
  altKey: false,
  shiftKey: false,
  metaKey: false,
  isComposing: false,
}

const commandOfKey = (pressed: Partial<Key>) => commandOf({ ...NO_KEY, ...pressed }, 9)?.kind ?? 'nothing'

describe('The table of shortcuts', () => {
  test('names keys and a label for each, and no key twice', () => {
    const shown = SHORTCUTS.flatMap(({ keys, label }) => {
      assert.notEqual(label, '')
      return keys
    })
    assert.equal(new Set(shown).size, shown.length)
  })

  test('means what the keys do', () => {
    for (const { command, typed, withAlt = [], isWithCtrl = false } of SHORTCUTS) {
      for (const key of [...typed, ...withAlt]) assert.equal(commandOfKey({ key, ctrlKey: isWithCtrl }), command, key)
    }
    assert.equal(commandOfKey({ key: '9', code: 'Digit9' }), 'lane')
  })

  test('has undo and redo on the keys that systems have them on', () => {
    const z = { key: 'z', code: 'KeyZ' }
    assert.equal(commandOfKey(z), 'nothing')
    assert.equal(commandOfKey({ ...z, metaKey: true }), 'undo')
    assert.equal(commandOfKey({ ...z, key: 'Z', ctrlKey: true, shiftKey: true }), 'redo')
    assert.equal(commandOfKey({ ...z, key: 'Z', metaKey: true, shiftKey: true }), 'redo')
    assert.equal(commandOfKey({ key: 'y', code: 'KeyY', ctrlKey: true }), 'redo')
    assert.equal(commandOfKey({ key: 'y', code: 'KeyY', metaKey: true }), 'nothing', 'the pages that a Mac has visited')
    assert.equal(commandOfKey({ key: 'z', code: 'KeyY', ctrlKey: true }), 'undo', 'a German keyboard')
    assert.equal(commandOfKey({ key: 'я', code: 'KeyZ', ctrlKey: true }), 'undo', 'a Russian keyboard')
    assert.equal(commandOfKey({ ...z, ctrlKey: true, altKey: true }), 'nothing')
  })

  test('has the comma and the full stop of a Russian keyboard by their place', () => {
    assert.equal(commandOfKey({ key: 'б', code: 'Comma' }), 'nudgeBack')
    assert.equal(commandOfKey({ key: 'ю', code: 'Period' }), 'nudgeForward')
  })
})

describe('A focused control', () => {
  const keptBy = (focus: Focus) =>
    [' ', 'ArrowLeft', 'ArrowUp', 'Home', 'PageDown', 'a', '1', 'z', '?'].filter((key) => isForControl(focus, key))

  test('keeps every key if it takes text or a choice', () => {
    assert.equal(keptBy({ kind: 'field' }).length, 9)
  })

  test('keeps Home and End if it is a slider; left and right seek, and up and down are no shortcuts', () => {
    assert.deepEqual(keptBy({ kind: 'slider' }), ['Home'])
    for (const key of ['ArrowUp', 'ArrowDown']) assert.equal(commandOfKey({ key, code: key }), 'nothing')
  })

  test('keeps Space if it is a button that was reached by keyboard, and nothing after a click', () => {
    assert.deepEqual(keptBy({ kind: 'pressable', isPointed: false }), [' '])
    assert.deepEqual(keptBy({ kind: 'pressable', isPointed: true }), [])
    assert.deepEqual(keptBy({ kind: 'nothing' }), [])
  })
})
