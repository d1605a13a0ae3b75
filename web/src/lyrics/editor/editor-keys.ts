import type { EditCommand } from './perform-edit.ts'

type EditorKey = { keys: string; label: string; command: EditCommand | null; typed: readonly string[] }

/** The keys of the editor, as its help shows them. Those without a command are handled where the focus is. */
export const EDITOR_KEYS: readonly EditorKey[] = [
  { keys: 'Space', label: 'Play or pause; in tap mode: the next word is sung now', command: 'play', typed: [' '] },
  { keys: 'T', label: 'Tap mode on or off, from the selected word', command: 'tap', typed: ['t'] },
  { keys: 'W', label: 'Tap words or lines', command: 'tapUnit', typed: ['w'] },
  { keys: 'Backspace', label: 'In tap mode: back by two', command: null, typed: [] },
  { keys: 'Enter', label: 'Play from the selected word', command: 'playFromHere', typed: [] },
  { keys: 'H', label: 'Half tempo', command: 'halfTempo', typed: ['h'] },
  { keys: 'L', label: 'Loop the line', command: 'loop', typed: ['l'] },
  { keys: '← → ↑ ↓', label: 'In the text: choose a word or a line', command: null, typed: [] },
  { keys: 'V', label: 'From the text to the waveform, and back', command: 'waveform', typed: ['v'] },
  { keys: '← →', label: 'On the waveform: move the word by 10 ms', command: null, typed: [] },
  { keys: 'Shift ← →', label: 'by 100 ms', command: null, typed: [] },
  { keys: 'Alt ← →', label: 'only its end', command: null, typed: [] },
  { keys: 'Ctrl ← →', label: 'only its start', command: null, typed: [] },
  { keys: 'P', label: 'Place the word at the playhead', command: 'place', typed: ['p'] },
  { keys: ', and .', label: 'Move everything from here on, or all, by 50 ms', command: 'earlier', typed: [','] },
  { keys: 'M', label: 'Switch between from here on and all', command: 'moveScope', typed: ['m'] },
  { keys: 'S', label: 'Split the line before the word', command: 'splitLine', typed: ['s'] },
  { keys: 'J', label: 'Join the line with the next', command: 'joinLines', typed: ['j'] },
  { keys: 'Shift S', label: 'Split the word', command: 'splitWord', typed: ['S'] },
  { keys: 'Shift J', label: 'Join the word with the next', command: 'joinWords', typed: ['J'] },
  { keys: 'R', label: 'Retype the line', command: 'retype', typed: ['r', 'F2'] },
  { keys: 'N', label: 'New line below', command: 'insert', typed: ['n'] },
  { keys: 'Shift N', label: 'New line above', command: 'insertAbove', typed: ['N'] },
  { keys: 'G', label: 'Singer of the line', command: 'singer', typed: ['g'] },
  { keys: 'K', label: 'Confirm the line, or not', command: 'confirm', typed: ['k'] },
  { keys: 'X', label: 'The line is checked', command: 'checked', typed: ['x'] },
  { keys: 'D', label: 'Next line to check', command: 'nextDoubtful', typed: ['d'] },
  { keys: 'C', label: 'Clear the times of the line', command: 'clear', typed: ['c'] },
  { keys: 'Delete', label: 'Delete the line', command: 'delete', typed: ['Delete'] },
  { keys: 'Ctrl Z', label: 'Undo', command: 'undo', typed: [] },
  { keys: 'Ctrl Shift Z', label: 'Redo', command: 'redo', typed: [] },
  { keys: 'Ctrl S', label: 'Save', command: 'save', typed: [] },
  { keys: 'Esc', label: 'End tap mode, or close the editor', command: null, typed: [] },
]

type Key = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>

/** The command of a key; null if it has none. */
export function editCommandOf({ key, ctrlKey, metaKey, altKey, shiftKey }: Key): EditCommand | null {
  const letter = key.toLowerCase()
  if (ctrlKey || metaKey) {
    if (altKey) return null
    if (letter === 'z') return shiftKey ? 'redo' : 'undo'
    if (letter === 'y') return 'redo'
    return letter === 's' ? 'save' : null
  }
  if (altKey) return null
  if (key === '.') return 'later'
  if (key === '?') return 'help'
  return EDITOR_KEYS.find(({ typed }) => typed.includes(key))?.command ?? null
}
