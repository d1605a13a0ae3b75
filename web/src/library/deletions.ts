import { signal } from '@preact/signals'
import { deleteMusic, restoreMusic } from '../server/api.ts'

/** A step that can be undone. `number` is its place among all steps. */
export type Step = { number: number; label: string; undo(): Promise<void>; redo(): Promise<void> }

/** The steps that can be undone and done again, the last one at the end. */
export const done = signal<readonly Step[]>([])
const undone = signal<readonly Step[]>([])
let lastNumber = 0

/** Deletes a song without asking: the deletion can be undone. */
export async function deleteWithUndo(musicId: number, title: string): Promise<void> {
  const number = ++lastNumber
  await deleteMusic(musicId)
  add({ number, label: `Deleted ${title}`, undo: () => restoreMusic(musicId), redo: () => deleteMusic(musicId) })
  undone.value = []
}

/** Undoes the last step. A step that cannot be undone any more is forgotten. */
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
  add(step)
}

/** Answers may come in another order than the requests. */
function add(step: Step): void {
  done.value = [...done.value, step].sort((a, b) => a.number - b.number)
}
