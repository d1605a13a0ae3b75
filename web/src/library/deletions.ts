import { signal } from '@preact/signals'
import { RESTORABLE_MS } from '../../../src/song/restore-period.ts'
import { deleteMusic, restoreMusic } from '../server/api.ts'
import { type Step, undoHistory } from '../undo-history.ts'

/** A deleted song or setlist that can still be restored. */
export type Deletion = { title: string; step: Step; place: number }

/** The deletions of this page that were neither undone nor dismissed, in the order in which they were asked for. */
export const deletions = signal<readonly Deletion[]>([])

export function deleteWithUndo(musicId: number, title: string): Promise<void> {
  return removeWithUndo({ title, remove: () => deleteMusic(musicId), restore: () => restoreMusic(musicId) })
}

/** Deletes something without asking: the deletion can be undone, also before the server has answered. */
export async function removeWithUndo({
  title,
  remove,
  restore,
}: {
  title: string
  remove(): Promise<void>
  restore(): Promise<unknown>
}): Promise<void> {
  const place = undoHistory.reserve()
  let deletedAt = performance.now()
  let hasFailed = false
  const removeAndSay = async (): Promise<void> => {
    await remove()
    deletedAt = performance.now()
    deletions.value = [...deletions.value, { title, step, place }].sort((a, b) => a.place - b.place)
  }
  const deletion = removeAndSay()
  const step: Step = {
    label: `deletion of ${title}`,
    undo: async () => {
      await deletion
      dismiss(step)
      await restore()
    },
    redo: removeAndSay,
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
export function dismiss(step: Step): void {
  deletions.value = deletions.value.filter((each) => each.step !== step)
}

export async function undoDeletion({ step }: Deletion): Promise<void> {
  await undoHistory.undoStep(step)
}
