import { showFailure } from '../notice.ts'
import { deletions, dismiss, undoDeletion } from './deletions.ts'

/** Offers to undo the last deletion, until it is dismissed; then the one before. */
export function Undo() {
  const last = deletions.value.at(-1)
  return (
    <div role="status" class={last ? 'undo' : ''}>
      {last ? (
        <>
          <span>Deleted {last.title}.</span>
          <button type="button" onClick={() => showFailure(undoDeletion(last))}>
            Undo
          </button>
          <button type="button" class="quiet" aria-label="Dismiss" onClick={() => dismiss(last.musicId)}>
            ×
          </button>
        </>
      ) : null}
    </div>
  )
}
