import type { Lyrics } from '../../../../src/song/lyrics.ts'

/** One change, and the lyrics before it. `key`: changes with the same key that follow each other quickly are one, as a drag. */
type Step = { label: string; lyrics: Lyrics; key: string | null; atMs: number }

/** The lyrics of an edit with the steps that led there, and those that were taken back. */
export type EditHistory = { lyrics: Lyrics; done: readonly Step[]; undone: readonly Step[] }

const MAX_STEPS = 500
const ONE_STEP_WITHIN_MS = 1_000

export function newHistory(lyrics: Lyrics): EditHistory {
  return { lyrics, done: [], undone: [] }
}

/** Adds a change as a step. Lyrics that are the same object are no change. */
export function addStep(
  history: EditHistory,
  { label, lyrics, key = null, atMs }: { label: string; lyrics: Lyrics; key?: string | null; atMs: number },
): EditHistory {
  if (lyrics === history.lyrics) return history
  const last = history.done.at(-1)
  const isOne = last && key !== null && last.key === key && atMs - last.atMs < ONE_STEP_WITHIN_MS
  const done = isOne
    ? history.done.with(-1, { ...last, atMs })
    : [...history.done, { label, lyrics: history.lyrics, key, atMs }].slice(-MAX_STEPS)
  return { lyrics, done, undone: [] }
}

export function undo({ lyrics, done, undone }: EditHistory): EditHistory {
  const last = done.at(-1)
  if (!last) return { lyrics, done, undone }
  return { lyrics: last.lyrics, done: done.slice(0, -1), undone: [...undone, { ...last, lyrics, key: null }] }
}

export function redo({ lyrics, done, undone }: EditHistory): EditHistory {
  const last = undone.at(-1)
  if (!last) return { lyrics, done, undone }
  return { lyrics: last.lyrics, done: [...done, { ...last, lyrics, key: null }], undone: undone.slice(0, -1) }
}
