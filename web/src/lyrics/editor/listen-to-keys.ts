import { isInTextField } from '../../text-field.ts'
import { editCommandOf } from './editor-keys.ts'
import type { EditorSession } from './editor-session.ts'
import { moveWord } from './edits/place-word.ts'
import { wordAt } from './edits/word-place.ts'
import { closeForm } from './line-form.tsx'
import { type EditCommand, performEdit } from './perform-edit.ts'
import { nudgeOf } from './word-drag.ts'

const PRESSABLE = 'button, summary, a'
/** Commands that a key repeats while it is held down. */
const REPEATED: readonly EditCommand[] = [
  'earlier',
  'later',
  'nextWord',
  'previousWord',
  'nextLine',
  'previousLine',
  'undo',
  'redo',
]

/**
 * Listens to all keys while the editor is open, before anything else does: none reaches the player. Text fields, and buttons
 * that were reached by keyboard, keep theirs. Returns what ends that.
 */
export function listenToEditorKeys(session: EditorSession, dialog: HTMLElement): () => void {
  let pointed: Element | null = null
  const onPointerDown = ({ target }: PointerEvent) => {
    pointed = target instanceof Element ? target.closest(PRESSABLE) : null
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Tab') pointed = null
    const isDone = !isAsking(session) && handle(session, event, pointed)
    if (isDone) event.preventDefault()
    const isWithin = event.target instanceof Node && dialog.contains(event.target)
    if (isDone || !isWithin) event.stopPropagation()
  }
  const onKeyUp = (event: KeyboardEvent) => {
    if (event.key !== ' ' || session.tapping.next.peek() === null) return
    session.tapping.up()
    event.preventDefault()
  }
  const keepFromPlayer = (event: Event) => event.stopPropagation()
  window.addEventListener('keydown', onKeyDown, true)
  window.addEventListener('keyup', onKeyUp, true)
  window.addEventListener('pointerdown', onPointerDown, true)
  dialog.addEventListener('keydown', keepFromPlayer)
  return () => {
    window.removeEventListener('keydown', onKeyDown, true)
    window.removeEventListener('keyup', onKeyUp, true)
    window.removeEventListener('pointerdown', onPointerDown, true)
    dialog.removeEventListener('keydown', keepFromPlayer)
  }
}

/** Whether a question lies over the editor. Its buttons have all keys. */
function isAsking({ view, saving }: EditorSession): boolean {
  return view.isAskingToClose.peek() || saving.state.peek().kind === 'conflict'
}

/** Returns whether the key was for the editor. */
function handle(session: EditorSession, event: KeyboardEvent, pointed: Element | null): boolean {
  const { tapping, view } = session
  const target = event.target instanceof Element ? event.target : null
  if (event.isComposing) return false
  if (event.key === 'Escape') return leaveInnermost(session)
  if (isInTextField(target)) return false
  if (tapping.next.peek() !== null && isTapKey(session, event)) return true
  if (target?.closest('[data-block]') && nudge(session, event)) return true
  if (target?.closest('[data-word], [data-block]') && walk(session, event, target)) return true
  const button = target?.closest(`${PRESSABLE}:not([data-word])`) ?? null
  if (button && button !== pointed && (event.key === ' ' || event.key === 'Enter')) return false
  const command = editCommandOf(event)
  if (!command || (view.form.peek() !== null && command !== 'save')) return false
  if (!event.repeat || REPEATED.includes(command)) performEdit(session, command)
  return true
}

/** Leaves the innermost thing that is open. */
function leaveInnermost(session: EditorSession): boolean {
  const { view, tapping } = session
  if (view.form.peek() !== null) closeForm(session)
  else if (tapping.next.peek() !== null) tapping.stop()
  else session.close()
  return true
}

function isTapKey({ tapping }: EditorSession, { key, repeat, ctrlKey, metaKey }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey) return false
  if (key === ' ' && !repeat) tapping.down()
  if (key === 'Backspace' && !repeat) tapping.stepBack()
  return key === ' ' || key === 'Backspace'
}

function nudge({ edit, view }: EditorSession, event: KeyboardEvent): boolean {
  const by = nudgeOf(event)
  if (!by) return false
  const place = edit.selected.peek()
  const key = `nudge ${place.line}.${place.word} ${by.part}`
  edit.change('word moved', (lyrics) => moveWord(lyrics, place, by), { key })
  const word = wordAt(edit.lyrics.peek(), place)
  view.said.value = word?.startMs == null ? '' : `${word.startMs} to ${word.endMs ?? ''} milliseconds`
  return true
}

/** The arrows lead through words and lines as they are seen; Enter plays. */
function walk(session: EditorSession, { key, ctrlKey, altKey, metaKey }: KeyboardEvent, target: Element): boolean {
  if (ctrlKey || altKey || metaKey) return false
  const isRightToLeft = getComputedStyle(target).direction === 'rtl'
  const commands: Record<string, EditCommand> = {
    ArrowRight: isRightToLeft ? 'previousWord' : 'nextWord',
    ArrowLeft: isRightToLeft ? 'nextWord' : 'previousWord',
    ArrowDown: 'nextLine',
    ArrowUp: 'previousLine',
    Enter: 'playFromHere',
  }
  const command = commands[key]
  if (command) performEdit(session, command)
  return command !== undefined
}
