import { useLayoutEffect, useRef } from 'preact/hooks'
import { Icon } from '../design/icon.tsx'
import { focusView, hasVisibleFocus } from '../focus-view.ts'
import { showFailure } from '../notice.ts'
import { deletions, dismiss, undoDeletion } from './deletions.ts'

/** Offers to undo the last deletion, until it is dismissed; then the one before. */
export function Undo() {
  const last = deletions.value.at(-1)
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
      class={last ? 'message' : ''}
    >
      {last ? (
        <>
          <span>
            Deleted <bdi>{last.title}</bdi>.
          </span>
          <span class="undo-buttons">
            <button type="button" onClick={() => showFailure(undoDeletion(last))}>
              <Icon name="undo" />
              Undo
            </button>
            <button type="button" class="quiet icon" aria-label="Dismiss" onClick={() => dismiss(last.step)}>
              <Icon name="close" />
            </button>
          </span>
        </>
      ) : null}
    </div>
  )
}
