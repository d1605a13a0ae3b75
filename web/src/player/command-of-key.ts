import { type KeyCommand, SHORTCUTS, type Shortcut } from './shortcuts.ts'

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

type Bindings = Readonly<Record<string, Exclude<KeyCommand['kind'], 'lane'>>>

const PLAIN = SHORTCUTS.filter(({ isWithCtrl }) => !isWithCtrl)
const WITH_CTRL = SHORTCUTS.filter(({ isWithCtrl }) => isWithCtrl)
const TYPED = bindingsOf(PLAIN, ({ typed }) => typed)
/** Many keyboards type these with AltGr, which Windows reports as Ctrl and Alt, or with the Option key of a Mac. */
const TYPED_WITH_ALT = bindingsOf(PLAIN, ({ withAlt }) => withAlt)
/** Commands by the place of a key, for keyboards of other scripts than Latin. */
const BY_PLACE = bindingsOf(PLAIN, ({ places }) => places)
const TYPED_WITH_CTRL = bindingsOf(WITH_CTRL, ({ typed }) => typed)
const BY_PLACE_WITH_CTRL = bindingsOf(WITH_CTRL, ({ places }) => places)

/**
 * The typed character decides, so that a command is on the key that shows its letter. The place of the key decides in two cases:
 * if it types a letter of another script than Latin, and in the row of digits if those need Shift, as on a French keyboard.
 * A typed sign that is a command itself, such as "-", has precedence over the place. Combinations of the browser, such
 * as Ctrl and A, are no commands.
 * @param lanes how many the song has
 */
export function commandOf(pressed: Key, lanes: number): KeyCommand | null {
  const { key, code, ctrlKey, altKey, metaKey, isComposing } = pressed
  if (isComposing) return null
  if ((metaKey || ctrlKey) && !altKey) return historyCommandOf(pressed)
  if (metaKey) return null
  const withAlt = TYPED_WITH_ALT[key]
  if (withAlt) return { kind: withAlt }
  if (altKey) return null
  const kind = isOfOtherScript(key) ? BY_PLACE[code] : TYPED[withoutCase(key)]
  if (kind) return { kind }
  const lane = laneOf(pressed)
  return lane >= 0 && lane < lanes ? { kind: 'lane', lane } : null
}

/** Undo, or redo: Shift reverses undo, and Cmd and Y is a Mac's list of visited pages. */
function historyCommandOf({ key, code, shiftKey, metaKey }: Key): KeyCommand | null {
  const kind = isOfOtherScript(key) ? BY_PLACE_WITH_CTRL[code] : TYPED_WITH_CTRL[withoutCase(key)]
  if (kind === 'redo') return metaKey || shiftKey ? null : { kind }
  return kind ? { kind: shiftKey ? 'redo' : kind } : null
}

function bindingsOf(
  shortcuts: readonly Shortcut[],
  keysOf: (shortcut: Shortcut) => readonly string[] | undefined,
): Bindings {
  return Object.fromEntries(
    shortcuts.flatMap((shortcut) => {
      const { command } = shortcut
      return command === 'lane' ? [] : (keysOf(shortcut) ?? []).map((key) => [key, command] as const)
    }),
  )
}

function withoutCase(key: string): string {
  return key.length === 1 ? key.toLowerCase() : key
}

function laneOf({ key, code, shiftKey }: Key): number {
  const [, place] = shiftKey ? [] : (/^Digit([1-9])$/.exec(code) ?? [])
  return Number(/^[1-9]$/.test(key) ? key : (place ?? 0)) - 1
}

function isOfOtherScript(key: string): boolean {
  return /[\p{Letter}\p{Mark}]/u.test(key) && !/\p{Script=Latin}/u.test(key)
}
