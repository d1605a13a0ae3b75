/** What a key asks the player for; lanes are counted from 0. */
export type KeyCommand = { kind: Kind } | { kind: 'lane'; lane: number }
type Kind = 'toggle' | 'loopStart' | 'loopEnd' | 'playLoop' | 'zoomIn' | 'zoomOut' | 'back' | 'forward'

/** What counts of a KeyboardEvent. */
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
/** On many keyboards they are typed with AltGr, which Windows tells as Ctrl and Alt, or with the Option key of a Mac. */
const TYPED_WITH_ALT: typeof TYPED = { '[': 'loopStart', ']': 'loopEnd', '\\': 'playLoop' }
/** What the key at a place does where it types a letter of another script than Latin. */
const AT_PLACE: typeof TYPED = {
  KeyA: 'loopStart',
  KeyB: 'loopEnd',
  KeyR: 'playLoop',
  BracketLeft: 'loopStart',
  BracketRight: 'loopEnd',
  Backslash: 'playLoop',
}

/**
 * What is typed counts, so that a letter is where the keyboard shows it. The place of a key counts where it types a letter
 * of another script than Latin, and in the row of digits where those want Shift, as on a French keyboard. There, too, a sign
 * that is typed and has a meaning keeps it. What a browser takes for itself, as Ctrl and A, stays its own.
 * @param lanes how many the song has
 */
export function commandOf(pressed: Key, lanes: number): KeyCommand | null {
  const { key, code, ctrlKey, altKey, metaKey, isComposing } = pressed
  if (metaKey || isComposing || (ctrlKey && !altKey)) return null
  const withAlt = TYPED_WITH_ALT[key]
  if (withAlt) return { kind: withAlt }
  if (altKey) return null
  const kind = isOfOtherScript(key) ? AT_PLACE[code] : TYPED[key.length === 1 ? key.toLowerCase() : key]
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
