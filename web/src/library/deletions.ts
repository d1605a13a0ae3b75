import { signal } from '@preact/signals'
import { deleteMusic, restoreMusic } from '../server/api.ts'

/** Something that was done, and can be undone and done again. */
export type Step = { label: string; undo(): Promise<void>; redo(): Promise<void> }

/** The steps that can be undone, in their order. */
export const done = signal<readonly Step[]>([])
const undone = signal<readonly Step[]>([])

/** Deletes a song without asking: the deletion can be undone, also before the server has answered. */
export async function deleteWithUndo(musicId: number, title: string): Promise<void> {
  const deletion = deleteMusic(musicId)
  const step: Step = {
    label: `Deleted ${title}`,
    async undo() {
      await deletion
      await restoreMusic(musicId)
    },
    redo: () => deleteMusic(musicId),
  }
  done.value = [...done.value, step]
  undone.value = []
  try {
    await deletion
  } catch (error) {
    done.value = done.value.filter((each) => each !== step)
    throw error
  }
}

/** Undoes the last step. A step that can no longer be undone is forgotten. */
export async function undo(): Promise<void> {
  const step = done.value.at(-1)
  if (!step) return
  done.value = done.value.slice(0, -1)
  await step.undo()
  undone.value = [...undone.value, step]
}

export async function redo(): Promise<void> {
  const step = undone.value.at(-1)
  if (!step) return
  undone.value = undone.value.slice(0, -1)
  await step.redo()
  done.value = [...done.value, step]
}
