export const SECONDS_A_BEAT = 60 / 96
export const BEATS_A_BAR = 4
export const BARS = 8

/** Notes are MIDI numbers: 60 is the middle C, 69 the A of 440 Hz. `from` is a beat of the bar. */
export type Chord = { from: number; root: number; notes: readonly number[] }
/** A sung note. Times are in beats from the beginning of the song. */
export type SungNote = { beat: number; beats: number; note: number; vowel: 'ah' | 'oh' | 'oo' | 'eh' }

const AM = { from: 0, root: 45, notes: [57, 60, 64] }
const F = { from: 0, root: 41, notes: [57, 60, 65] }
const C = { from: 0, root: 48, notes: [55, 60, 64] }
const G = { from: 0, root: 43, notes: [55, 59, 62] }

/** The chords of each bar. */
export const CHORDS: readonly (readonly Chord[])[] = [[AM], [F], [C], [G], [AM], [F], [C], [G, { ...C, from: 2 }]]

/** Each bar as [beat, beats, note, vowel]. */
const BAR_MELODIES: readonly (readonly [number, number, number, SungNote['vowel']])[][] = [
  [
    [0.5, 0.5, 64, 'oo'],
    [1, 1, 69, 'ah'],
    [2, 1, 72, 'ah'],
    [3, 0.5, 71, 'eh'],
    [3.5, 0.5, 69, 'oh'],
  ],
  [
    [0, 1.5, 69, 'ah'],
    [1.5, 0.5, 67, 'eh'],
    [2, 1.5, 65, 'oh'],
  ],
  [
    [0.5, 0.5, 67, 'oo'],
    [1, 0.5, 67, 'ah'],
    [1.5, 0.5, 69, 'eh'],
    [2, 1, 67, 'ah'],
    [3, 1, 64, 'oh'],
  ],
  [
    [0, 1, 62, 'oo'],
    [1, 2.5, 67, 'ah'],
  ],
  [
    [0.5, 0.5, 64, 'oo'],
    [1, 1, 69, 'ah'],
    [2, 1, 72, 'ah'],
    [3, 0.5, 74, 'eh'],
    [3.5, 0.5, 72, 'oh'],
  ],
  [
    [0, 1.5, 72, 'ah'],
    [1.5, 0.5, 69, 'eh'],
    [2, 1.5, 69, 'oh'],
  ],
  [
    [0.5, 0.5, 67, 'oo'],
    [1, 0.5, 72, 'ah'],
    [1.5, 0.5, 74, 'eh'],
    [2, 1.75, 76, 'ah'],
  ],
  [
    [0, 1, 74, 'ah'],
    [1, 1, 71, 'oh'],
    [2, 2.5, 72, 'oo'],
  ],
]

export const MELODY: readonly SungNote[] = BAR_MELODIES.flatMap((notes, bar) =>
  notes.map(([beat, beats, note, vowel]) => ({ beat: bar * BEATS_A_BAR + beat, beats, note, vowel })),
)
