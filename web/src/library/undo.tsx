import { signal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { Icon } from '../design/icon.tsx'
import { focusView, hasVisibleFocus } from '../focus-view.ts'
import { showFailure } from '../notice.ts'
import { isInTextField } from '../text-field.ts'
import { done, redo, type Step, undo } from './deletions.ts'

/** The step whose message was dismissed. Ctrl+Z undoes it still. */
const dismissed = signal<Step | null>(null)

/** Listens to Ctrl+Z, Ctrl+Shift+Z and Ctrl+Y; with Cmd on a Mac. Text fields keep their own. */
export function listenToUndoKeys(): void {
  document.addEventListener('keydown', (event) => {
    const { key, ctrlKey, metaKey, altKey, shiftKey, target, defaultPrevented } = event
    if (defaultPrevented || ctrlKey === metaKey || altKey || isInTextField(target)) return
    const letter = key.toLowerCase()
    if (letter !== 'z' && letter !== 'y') return
    const isRedo = letter === 'y' || shiftKey
    event.preventDefault()
    showFailure(isRedo ? redo() : undo())
  })
}

/** Offers to undo the last deletion, until it is dismissed. */
export function Undo() {
  const last = done.value.at(-1)
  const isShown = last !== undefined && last !== dismissed.value
  const hadFocus = useRef(false)
  useLayoutEffect(() => {
    if (hadFocus.current && !hasVisibleFocus()) focusView()
  })
  return (
    <div
      role="status"
      onFocusIn={() => {
        hadFocus.current = true
      }}
      onFocusOut={({ relatedTarget }) => {
        hadFocus.current = relatedTarget === null
      }}
      class={isShown ? 'message' : ''}
    >
      {isShown ? (
        <>
          <bdi>{last.label}.</bdi>
          <span class="undo-buttons">
            <button type="button" onClick={() => showFailure(undo())}>
              <Icon name="undo" />
              Undo
            </button>
            <button
              type="button"
              class="quiet icon"
              aria-label="Dismiss"
              onClick={() => {
                dismissed.value = last
              }}
            >
              <Icon name="close" />
            </button>
          </span>
        </>
      ) : null}
    </div>
  )
}
