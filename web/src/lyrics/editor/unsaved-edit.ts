import type { Lyrics } from '../../../../src/song/lyrics.ts'

/** An edit that the server does not have yet, and the revision of the lyrics that it began with. */
export type UnsavedEdit = { lyrics: Lyrics; revision: number }

/** What this tab stores of unsaved edits: they outlive a reload and a crash of the page. */
export type UnsavedEdits = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

export function readUnsaved(musicId: number, storage: UnsavedEdits = sessionStorage): UnsavedEdit | null {
  try {
    const stored = JSON.parse(storage.getItem(keyOf(musicId)) ?? 'null') as UnsavedEdit | null
    return Array.isArray(stored?.lyrics?.lines) ? stored : null
  } catch {
    return null
  }
}

/** @param edit null if all is saved. If storage is full or forbidden, the edit lives as long as the page. */
export function storeUnsaved(musicId: number, edit: UnsavedEdit | null, storage: UnsavedEdits = sessionStorage): void {
  try {
    if (edit) storage.setItem(keyOf(musicId), JSON.stringify(edit))
    else storage.removeItem(keyOf(musicId))
  } catch {}
}

function keyOf(musicId: number): string {
  return `minus-one.lyrics.${musicId}`
}
