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
