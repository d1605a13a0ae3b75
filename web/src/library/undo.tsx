import { signal } from '@preact/signals'
import { AnswerOrder } from '../answer-order.ts'
import { showFailure } from '../notice.ts'
import { deleteMusic, restoreMusic } from '../server/api.ts'

const deleted = signal<{ musicId: number; title: string } | null>(null)
const deletions = new AnswerOrder()

/** Deletes a song without asking: the deletion can be undone. */
export async function deleteWithUndo(musicId: number, title: string): Promise<void> {
  const request = deletions.begin()
  await deleteMusic(musicId)
  if (request.accept()) deleted.value = { musicId, title }
}

async function undo(musicId: number): Promise<void> {
  deleted.value = null
  await restoreMusic(musicId)
}

/** Offers to undo the last deletion, until it is dismissed. */
export function Undo() {
  const last = deleted.value
  return (
    <div role="status" class={last ? 'message' : ''}>
      {last ? (
        <>
          <span>Deleted {last.title}.</span>
          <button type="button" onClick={() => showFailure(undo(last.musicId))}>
            Undo
          </button>
          <button
            type="button"
            class="quiet"
            aria-label="Dismiss"
            onClick={() => {
              deleted.value = null
            }}
          >
            ×
          </button>
        </>
      ) : null}
    </div>
  )
}
