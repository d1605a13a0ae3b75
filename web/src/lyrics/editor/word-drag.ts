import type { WordPart } from './edits/place-word.ts'

/** This near an end of a block, in pixels, a pointer grasps the end. A finger needs more room. */
const MOUSE_REACH = 7
const TOUCH_REACH = 18
/** A shorter drag counts as a press. */
export const DRAG_PIXELS = 3

/** What of a word a press grasps. @param x from the left edge of its block, which is `width` wide */
export function partAt({ x, width, isTouch }: { x: number; width: number; isTouch: boolean }): WordPart {
  const reach = Math.min(isTouch ? TOUCH_REACH : MOUSE_REACH, width / 3)
  if (x < reach) return 'start'
  return x > width - reach ? 'end' : 'whole'
}

const STEP_MS = 10
const LARGE_STEP_MS = 100

/** How an arrow key moves the word of the focused block; null for other keys. */
export function nudgeOf({
  key,
  shiftKey,
  altKey,
  ctrlKey,
}: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'altKey' | 'ctrlKey'>): { part: WordPart; byMs: number } | null {
  if (key !== 'ArrowLeft' && key !== 'ArrowRight') return null
  const step = shiftKey ? LARGE_STEP_MS : STEP_MS
  return { part: altKey ? 'end' : ctrlKey ? 'start' : 'whole', byMs: key === 'ArrowLeft' ? -step : step }
}
