import { signal } from '@preact/signals'
import { act } from './act.ts'
import { deleteMusic, restoreMusic } from './api.ts'

const deleted = signal<{ musicId: number; title: string } | null>(null)

/** Deletes a song at once, without asking: it can be had back. */
export async function deleteWithUndo(musicId: number, title: string): Promise<void> {
  await deleteMusic(musicId)
  deleted.value = { musicId, title }
}

async function undo(musicId: number): Promise<void> {
  deleted.value = null
  await restoreMusic(musicId)
}

/** What was deleted last, until something else happens to it. */
export function Undo() {
  const last = deleted.value
  return (
    <div role="status" class={last ? 'undo' : ''}>
      {last ? (
        <>
          <span>Deleted {last.title}.</span>
          <button type="button" onClick={() => act(undo(last.musicId))}>
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
