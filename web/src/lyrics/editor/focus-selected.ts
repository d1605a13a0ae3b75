import type { WordPlace } from './edits/word-place.ts'

type Where = 'word' | 'block'

/** Focuses a word in the text, or on the waveform, after the next frame: it may have to be drawn first. */
export function focusSelected(place: WordPlace, on: Where = 'word'): void {
  requestAnimationFrame(() => {
    if (!focusWord(place, on)) requestAnimationFrame(() => focusWord(place, on))
  })
}

/** Returns whether the word is there. */
export function focusWord({ line, word }: WordPlace, on: Where): boolean {
  const find = (each: number) => document.querySelector<HTMLElement>(`.lyrics-editor [data-${on}="${line}.${each}"]`)
  // A line of which only the line has times is the block of its first word.
  const found = find(word) ?? (on === 'block' ? find(0) : null)
  found?.focus({ preventScroll: true })
  return found !== null
}
