import type { WordPlace } from './edits/word-place.ts'

const SHOWN_BY_NEXT_FRAME = 2

/** Focuses a word in the text, or on the waveform, once it is there. */
export function focusSelected(place: WordPlace, on: 'word' | 'block' = 'word', frames = SHOWN_BY_NEXT_FRAME): void {
  requestAnimationFrame(() => {
    const found = document.querySelector<HTMLElement>(`.lyrics-editor [data-${on}="${place.line}.${place.word}"]`)
    if (found) found.focus({ preventScroll: true })
    else if (frames > 0) focusSelected(place, on, frames - 1)
  })
}
