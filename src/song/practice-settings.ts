/** A mix by the names of stems. Gains are in dB, pan is from -1 (left) to 1 (right). */
export type StemMix = {
  gains: Readonly<Record<string, number>>
  muted: readonly string[]
  solo: readonly string[]
  pan: Readonly<Record<string, number>>
}

/** What a song's users set to practise it. Times are in seconds. */
export type PracticeSettings = {
  /** Null if nobody set a mix for the song. */
  mix: StemMix | null
  semitones: number
  /** 1 is the tempo of the recording. */
  tempo: number
  loop: { start: number; end: number } | null
  markers: readonly { seconds: number; name: string }[]
}

export const NO_PRACTICE_SETTINGS: PracticeSettings = { mix: null, semitones: 0, tempo: 1, loop: null, markers: [] }

/** Every stem that a mix names, some more than once. */
export function stemsOf(mix: StemMix): string[] {
  return [...Object.keys(mix.gains), ...Object.keys(mix.pan), ...mix.muted, ...mix.solo]
}
