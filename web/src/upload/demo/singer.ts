import { envelope, SAMPLE_RATE } from './instruments.ts'
import { SECONDS_A_BEAT, type SungNote } from './score.ts'

/** The formants of sung vowels, in Hz, with their levels (an alto; Csound manual, appendix D). */
const FORMANTS: Record<SungNote['vowel'], readonly (readonly [number, number])[]> = {
  ah: [
    [800, 1],
    [1150, 0.63],
    [2800, 0.1],
    [3500, 0.06],
  ],
  oh: [
    [450, 1],
    [800, 0.35],
    [2830, 0.1],
    [3500, 0.05],
  ],
  oo: [
    [325, 1],
    [700, 0.25],
    [2530, 0.03],
    [3500, 0.02],
  ],
  eh: [
    [400, 1],
    [1600, 0.3],
    [2700, 0.15],
    [3300, 0.06],
  ],
}
/** Half the width of a formant, in Hz. */
const FORMANT_WIDTH = 110
const MAX_HARMONIC_HZ = 5_000
const LEVEL = 0.3
const GLIDE_SECONDS = 0.07
const VIBRATO = { hz: 5.4, semitones: 0.3, afterSeconds: 0.25 }

/** Sings a melody: the harmonics of each note, shaped by the formants of its vowel, with glides and vibrato. */
export function sing(track: Float32Array, melody: readonly SungNote[]): void {
  let from = melody[0]?.note ?? 69
  for (const sung of melody) {
    singNote(track, sung, from)
    from = sung.note
  }
}

/** @param from the note that the voice comes from */
function singNote(track: Float32Array, { beat, beats, note, vowel }: SungNote, from: number): void {
  const first = Math.round(beat * SECONDS_A_BEAT * SAMPLE_RATE)
  // Notes overlap a little, as in one breath.
  const seconds = beats * SECONDS_A_BEAT + 0.03
  const levels = harmonicLevels(440 * 2 ** ((note - 69) / 12), vowel)
  let phase = 0
  for (let i = 0; i < seconds * SAMPLE_RATE && first + i < track.length; i++) {
    const t = i / SAMPLE_RATE
    const glide = Math.max(0, 1 - t / GLIDE_SECONDS) ** 2
    const vibrato = Math.min(1, Math.max(0, t - VIBRATO.afterSeconds) / 0.3) * Math.sin(2 * Math.PI * VIBRATO.hz * t)
    const pitch = note + (from - note) * 0.5 * glide + VIBRATO.semitones * vibrato
    phase += (2 * Math.PI * 440 * 2 ** ((pitch - 69) / 12)) / SAMPLE_RATE
    let sum = 0
    for (let n = 0; n < levels.length; n++) sum += (levels[n] ?? 0) * Math.sin((n + 1) * phase)
    const loudness = (0.85 + 0.15 * vibrato) * envelope(t, { seconds, attack: 0.05, release: 0.08 })
    const at = first + i
    track[at] = (track[at] ?? 0) + LEVEL * loudness * sum
  }
}

/** The levels of the harmonics of a voice, as loud together for all notes. */
function harmonicLevels(frequency: number, vowel: SungNote['vowel']): number[] {
  const count = Math.floor(MAX_HARMONIC_HZ / frequency)
  const levels = Array.from({ length: count }, (_, index) => {
    const hz = (index + 1) * frequency
    const resonance = FORMANTS[vowel].reduce(
      (sum, [centre, level]) => sum + level / (1 + ((hz - centre) / FORMANT_WIDTH) ** 2),
      0.02,
    )
    return resonance / Math.sqrt(index + 1)
  })
  const power = Math.sqrt(levels.reduce((sum, level) => sum + level ** 2, 0))
  return levels.map((level) => level / power)
}
