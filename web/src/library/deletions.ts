import { signal } from '@preact/signals'
import { RESTORABLE_MS } from '../../../src/song/restorable.ts'
import { deleteMusic, restoreMusic } from '../server/api.ts'
import { type Step, undoHistory } from '../undo-history.ts'

/** A deleted song that can still be restored. */
export type Deletion = { musicId: number; title: string; step: Step; place: number }

/** The deletions of this page that were neither undone nor dismissed, in the order in which they were asked for. */
export const deletions = signal<readonly Deletion[]>([])

/** Deletes a song without asking: the deletion can be undone, also before the server has answered. */
export async function deleteWithUndo(musicId: number, title: string): Promise<void> {
  const place = undoHistory.reserve()
  let deletedAt = performance.now()
  let hasFailed = false
  const remove = async (): Promise<void> => {
    await deleteMusic(musicId)
    deletedAt = performance.now()
    deletions.value = [...deletions.value, { musicId, title, step, place }].sort((a, b) => a.place - b.place)
  }
  const deletion = remove()
  const step: Step = {
    label: `deletion of ${title}`,
    undo: async () => {
      await deletion
      dismiss(musicId)
      await restoreMusic(musicId)
    },
    redo: remove,
    isPossible: () => !hasFailed && performance.now() - deletedAt < RESTORABLE_MS,
  }
  undoHistory.add(step, place)
  try {
    await deletion
  } catch (error) {
    hasFailed = true
    throw error
  }
}

/** Shows a deletion no longer. Ctrl+Z still undoes it. */
export function dismiss(musicId: number): void {
  deletions.value = deletions.value.filter((each) => each.musicId !== musicId)
}

export async function undoDeletion({ step }: Deletion): Promise<void> {
  await undoHistory.undoStep(step)
}
