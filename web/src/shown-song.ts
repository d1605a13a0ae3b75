import { signal } from '@preact/signals'

/** The song in the practice view; null if none is shown. */
export const shownSongId = signal<number | null>(null)
