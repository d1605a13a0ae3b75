/** A command to the player by a key. Lanes are counted from 0. */
export type KeyCommand = { kind: Kind } | { kind: 'lane'; lane: number }
type Kind = 'toggle' | 'loopStart' | 'loopEnd' | 'playLoop' | 'zoomIn' | 'zoomOut' | 'back' | 'forward'

/** The properties of a KeyboardEvent that matter. */
export type Key = {
  key: string
  code: string
  ctrlKey: boolean
  altKey: boolean
  shiftKey: boolean
  metaKey: boolean
  isComposing: boolean
}

const TYPED: Record<string, Kind> = {
  ' ': 'toggle',
  ArrowLeft: 'back',
  ArrowRight: 'forward',
  a: 'loopStart',
  b: 'loopEnd',
  r: 'playLoop',
  '+': 'zoomIn',
  '=': 'zoomIn',
  '-': 'zoomOut',
}
/** Many keyboards type these with AltGr, which Windows reports as Ctrl and Alt, or with the Option key of a Mac. */
const TYPED_WITH_ALT: typeof TYPED = { '[': 'loopStart', ']': 'loopEnd', '\\': 'playLoop' }
/** Commands by the place of a key, for keyboards of other scripts than Latin. */
const BY_PLACE: typeof TYPED = {
  KeyA: 'loopStart',
  KeyB: 'loopEnd',
  KeyR: 'playLoop',
  BracketLeft: 'loopStart',
  BracketRight: 'loopEnd',
  Backslash: 'playLoop',
}

/**
 * The typed character decides, so that a command is on the key that shows its letter. The place of the key decides in two cases:
 * if it types a letter of another script than Latin, and in the row of digits if those need Shift, as on a French keyboard.
 * A typed sign that is a command itself, such as "-", has precedence over the place. Combinations of the browser, such
 * as Ctrl and A, are no commands.
 * @param lanes how many the song has
 */
export function commandOf(pressed: Key, lanes: number): KeyCommand | null {
  const { key, code, ctrlKey, altKey, metaKey, isComposing } = pressed
  if (metaKey || isComposing || (ctrlKey && !altKey)) return null
  const withAlt = TYPED_WITH_ALT[key]
  if (withAlt) return { kind: withAlt }
  if (altKey) return null
  const kind = isOfOtherScript(key) ? BY_PLACE[code] : TYPED[key.length === 1 ? key.toLowerCase() : key]
  if (kind) return { kind }
  const lane = laneOf(pressed)
  return lane >= 0 && lane < lanes ? { kind: 'lane', lane } : null
}

function laneOf({ key, code, shiftKey }: Key): number {
  const [, place] = shiftKey ? [] : (/^Digit([1-9])$/.exec(code) ?? [])
  return Number(/^[1-9]$/.test(key) ? key : (place ?? 0)) - 1
}

function isOfOtherScript(key: string): boolean {
  return /[\p{Letter}\p{Mark}]/u.test(key) && !/\p{Script=Latin}/u.test(key)
}
