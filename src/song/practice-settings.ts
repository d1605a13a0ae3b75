/** Key and tempo in which a song is practised: semitones up or down, and the speed, which is 1 as recorded. */
export type Practice = { semitones: number; tempo: number }

export const [MIN_SEMITONES, MAX_SEMITONES] = [-12, 12] as const
export const [MIN_TEMPO, MAX_TEMPO] = [0.25, 2] as const
export const AS_RECORDED: Practice = { semitones: 0, tempo: 1 }

export function isAsRecorded({ semitones, tempo }: Practice): boolean {
  return semitones === 0 && tempo === 1
}

/** The length, in samples, of a sound in another tempo. */
export function samplesInTempo(samples: number, tempo: number): number {
  return Math.round(samples / tempo)
}

/** Of key and tempo what is not as recorded. */
export function changedPractice({ semitones, tempo }: Practice): Partial<Practice> {
  return {
    ...(semitones !== AS_RECORDED.semitones && { semitones }),
    ...(tempo !== AS_RECORDED.tempo && { tempo }),
  }
}

/** The limits of a stem's loudness, in dB. */
export const [MIN_GAIN_DB, MAX_GAIN_DB] = [-60, 6] as const

/** A mix by the names of stems. Gains are in dB, pan is from -1 (left) to 1 (right). */
export type StemMix = {
  gains: Readonly<Record<string, number>>
  muted: readonly string[]
  solo: readonly string[]
  pan: Readonly<Record<string, number>>
}

/** What a song's users set to practise it. Times are in seconds. */
export type PracticeSettings = Practice & {
  /** Null if nobody set a mix for the song. */
  mix: StemMix | null
  loop: { start: number; end: number } | null
  markers: readonly { seconds: number; name: string }[]
}

export const NO_PRACTICE_SETTINGS: PracticeSettings = { ...AS_RECORDED, mix: null, loop: null, markers: [] }

/** Every stem that a mix names, some more than once. */
export function stemsOf(mix: StemMix): string[] {
  return [...Object.keys(mix.gains), ...Object.keys(mix.pan), ...mix.muted, ...mix.solo]
}
