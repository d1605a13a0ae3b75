import { AS_RECORDED, type Practice } from '../../song/practice-settings.ts'

/**
 * A mix of a song's tracks.
 * @property tracks the tracks that are heard, by id
 * @property gains in dB by track. A track without an entry keeps its level.
 * @property pan the balance by track, from -1 (left alone) to 1 (right alone). A track without an entry keeps its place.
 * @property semitones 0 if left out
 * @property tempo 1, as recorded, if left out
 */
export type Mix = {
  tracks: readonly number[]
  gains: Readonly<Record<number, number>>
  pan?: Readonly<Record<number, number>>
  semitones?: number
  tempo?: number
}

export type MixRow = {
  kept: string
  gains: string | null
  pan: string | null
  semitones: number | null
  tempo: number | null
}

/** The columns that identify a mix. Equal mixes give equal values: tracks are sorted, and what changes nothing is NULL. */
export function mixColumns(mix: Mix): [kept: string, ...Exclude<MixRow[keyof MixRow], undefined>[]] {
  const { semitones, tempo } = practiceOf(mix)
  return [
    JSON.stringify([...mix.tracks].sort((a, b) => a - b)),
    changesOf(mix.tracks, mix.gains),
    changesOf(mix.tracks, mix.pan ?? {}),
    semitones === AS_RECORDED.semitones ? null : semitones,
    tempo === AS_RECORDED.tempo ? null : tempo,
  ]
}

export function mixOf({ kept, gains, pan, semitones, tempo }: MixRow): Mix {
  return {
    tracks: JSON.parse(kept) as number[],
    gains: gains === null ? {} : (JSON.parse(gains) as Record<number, number>),
    ...(pan === null ? {} : { pan: JSON.parse(pan) as Record<number, number> }),
    ...(semitones === null ? {} : { semitones }),
    ...(tempo === null ? {} : { tempo }),
  }
}

export function practiceOf({ semitones, tempo }: Mix): Practice {
  return { semitones: semitones ?? AS_RECORDED.semitones, tempo: tempo ?? AS_RECORDED.tempo }
}

/** The entries of the tracks of the mix that are not 0, in the order of the ids. */
function changesOf(tracks: readonly number[], values: Readonly<Record<number, number>>): string | null {
  const changed = tracks.flatMap((id) => (values[id] ? [[id, values[id]] as const] : []))
  return changed.length > 0 ? JSON.stringify(Object.fromEntries(changed)) : null
}
