import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { commandOf, type Key } from '../../../web/src/player/command-of-key.ts'

const LANES = 6
const ALT = { altKey: true }
const SHIFT = { shiftKey: true }
/** As Windows reports AltGr. */
const ALT_GR = { ctrlKey: true, altKey: true }

/** For each keyboard: what a key types, its place, the modifiers held with it, and the command. */
const PRESSES: Record<string, readonly [key: string, code: string, held: Partial<Key>, asked: string][]> = {
  'United States': [
    [' ', 'Space', {}, 'toggle'],
    ['ArrowLeft', 'ArrowLeft', {}, 'back'],
    ['ArrowRight', 'ArrowRight', {}, 'forward'],
    ['[', 'BracketLeft', {}, 'loopStart'],
    [']', 'BracketRight', {}, 'loopEnd'],
    ['\\', 'Backslash', {}, 'playLoop'],
    ['a', 'KeyA', {}, 'loopStart'],
    ['b', 'KeyB', {}, 'loopEnd'],
    ['r', 'KeyR', {}, 'playLoop'],
    ['A', 'KeyA', {}, 'loopStart'],
    ['+', 'Equal', SHIFT, 'zoomIn'],
    ['=', 'Equal', {}, 'zoomIn'],
    ['-', 'Minus', {}, 'zoomOut'],
    ['1', 'Digit1', {}, 'lane 0'],
    ['4', 'Numpad4', {}, 'lane 3'],
    ['ArrowLeft', 'Numpad4', {}, 'back'],
    ['6', 'Digit6', {}, 'lane 5'],
    ['7', 'Digit7', {}, 'nothing'],
    ['0', 'Digit0', {}, 'wholeSong'],
    ['m', 'KeyM', {}, 'marker'],
    ['!', 'Digit1', SHIFT, 'nothing'],
    ['q', 'KeyQ', {}, 'nothing'],
    ['Enter', 'Enter', {}, 'nothing'],
  ],
  'German, Mac': [
    ['[', 'Digit5', ALT, 'loopStart'],
    [']', 'Digit6', ALT, 'loopEnd'],
    ['\\', 'Digit7', { ...ALT, ...SHIFT }, 'playLoop'],
    ['a', 'KeyA', {}, 'loopStart'],
    ['+', 'BracketRight', {}, 'zoomIn'],
    ['-', 'Slash', {}, 'zoomOut'],
    ['¡', 'Digit1', ALT, 'nothing'],
    ['ü', 'BracketLeft', {}, 'nothing'],
  ],
  'German, PC': [
    ['[', 'Digit8', ALT_GR, 'loopStart'],
    [']', 'Digit9', ALT_GR, 'loopEnd'],
    ['\\', 'Minus', ALT_GR, 'playLoop'],
    ['[', 'Digit8', {}, 'loopStart'],
    ['-', 'Slash', {}, 'zoomOut'],
  ],
  'French (AZERTY)': [
    ['&', 'Digit1', {}, 'lane 0'],
    ['é', 'Digit2', {}, 'lane 1'],
    ['"', 'Digit3', {}, 'lane 2'],
    ["'", 'Digit4', {}, 'lane 3'],
    ['1', 'Digit1', SHIFT, 'lane 0'],
    ['(', 'Digit5', {}, 'lane 4'],
    ['-', 'Digit6', {}, 'zoomOut'],
    ['6', 'Digit6', SHIFT, 'lane 5'],
    ['a', 'KeyQ', {}, 'loopStart'],
    ['q', 'KeyA', {}, 'nothing'],
    ['[', 'Digit5', ALT_GR, 'loopStart'],
    ['+', 'Equal', SHIFT, 'zoomIn'],
  ],
  Czech: [
    ['+', 'Digit1', {}, 'zoomIn'],
    ['1', 'Digit1', SHIFT, 'lane 0'],
    ['ě', 'Digit2', {}, 'lane 1'],
    ['=', 'Minus', {}, 'zoomIn'],
  ],
  'Swiss German': [
    ['1', 'Digit1', {}, 'lane 0'],
    ['+', 'Digit1', SHIFT, 'zoomIn'],
  ],
  Dvorak: [
    ['a', 'KeyA', {}, 'loopStart'],
    ['b', 'KeyN', {}, 'loopEnd'],
    ['x', 'KeyB', {}, 'nothing'],
    ['r', 'KeyO', {}, 'playLoop'],
    ['[', 'Minus', {}, 'loopStart'],
    ['-', 'Quote', {}, 'zoomOut'],
  ],
  Russian: [
    ['ф', 'KeyA', {}, 'loopStart'],
    ['И', 'KeyB', SHIFT, 'loopEnd'],
    ['к', 'KeyR', {}, 'playLoop'],
    ['ь', 'KeyM', {}, 'marker'],
    ['х', 'BracketLeft', {}, 'loopStart'],
    ['ъ', 'BracketRight', {}, 'loopEnd'],
    ['\\', 'Backslash', {}, 'playLoop'],
    ['х', 'BracketLeft', ALT, 'nothing'],
    ['1', 'Digit1', {}, 'lane 0'],
  ],
  'Arabic, Thai and Greek': [
    ['لا', 'KeyB', {}, 'loopEnd'],
    ['١', 'Digit1', {}, 'lane 0'],
    ['ج', 'BracketLeft', {}, 'loopStart'],
    ['د', 'BracketRight', {}, 'loopEnd'],
    ['ذ', 'Backslash', {}, 'playLoop'],
    ['-', 'Digit3', {}, 'zoomOut'],
    ['ภ', 'Digit4', {}, 'lane 3'],
    ['ิ', 'KeyB', {}, 'loopEnd'],
    ['α', 'KeyA', {}, 'loopStart'],
  ],
}

describe('the command of a key', () => {
  for (const [keyboard, presses] of Object.entries(PRESSES)) {
    test(`is by the typed character or the place of the key on a keyboard: ${keyboard}`, () => {
      for (const [key, code, held, asked] of presses) {
        assert.equal(askedBy({ key, code, ...held }), asked, `${key} at ${code} with ${Object.keys(held)}`)
      }
    })
  }

  test('is none with Ctrl, Alt or Meta, or while a letter is composed', () => {
    for (const held of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }, { isComposing: true }]) {
      for (const [key, code] of [
        ['a', 'KeyA'],
        ['1', 'Digit1'],
        ['ArrowLeft', 'ArrowLeft'],
        ['+', 'Equal'],
      ] as const) {
        assert.equal(askedBy({ key, code, ...held }), 'nothing', `${key} with ${Object.keys(held)}`)
      }
    }
    assert.equal(askedBy({ key: '[', code: 'BracketLeft', metaKey: true }), 'nothing')
    assert.equal(askedBy({ key: '[', code: 'BracketLeft', ctrlKey: true }), 'nothing')
  })
})

function askedBy(pressed: Partial<Key> & { key: string; code: string }): string {
  const none = { ctrlKey: false, altKey: false, shiftKey: false, metaKey: false, isComposing: false }
  const command = commandOf({ ...none, ...pressed }, LANES)
  if (!command) return 'nothing'
  return command.kind === 'lane' ? `lane ${command.lane}` : command.kind
}
