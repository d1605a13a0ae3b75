import { bass, hat, kick, piano, SAMPLE_RATE, snare } from './instruments.ts'
import { BARS, BEATS_A_BAR, CHORDS, MELODY, SECONDS_A_BEAT } from './score.ts'
import { sing } from './singer.ts'
import { wavFile } from './wav-file.ts'

/** The last chord rings on after the last bar. */
const END_SECONDS = 1
const SECONDS = BARS * BEATS_A_BAR * SECONDS_A_BEAT + END_SECONDS
/** Echoes put singer and piano into a room: seconds after the sound, on either side. */
const ECHOES = { left: 0.19, right: 0.27 }
const ECHO_LEVEL = 0.16
const PEAK = 0.89

const frequencyOf = (note: number) => 440 * 2 ** ((note - 69) / 12)

/**
 * A song of 20 s with a voice, drums, bass and a piano, made by plain synthesis, so that a first visitor needs no song of their
 * own. It is the same at every run.
 * @returns a WAV file, stereo
 */
export function demoSong(): ArrayBuffer {
  const track = () => new Float32Array(Math.ceil(SECONDS * SAMPLE_RATE))
  const tracks = { voice: track(), piano: track(), bass: track(), drums: track() }
  sing(tracks.voice, MELODY)
  for (let bar = 0; bar < BARS; bar++) playBar(tracks, bar)
  return wavFile(mixed(tracks), SAMPLE_RATE)
}

type Tracks = Record<'voice' | 'piano' | 'bass' | 'drums', Float32Array>

function playBar({ piano: keys, bass: low, drums }: Tracks, bar: number): void {
  const isLast = bar === BARS - 1
  const at = (beat: number) => (bar * BEATS_A_BAR + beat) * SECONDS_A_BEAT
  const chordAt = (beat: number) =>
    CHORDS[bar]?.findLast(({ from }) => from <= beat) ?? { from: 0, root: 48, notes: [] }
  for (const { beat, beats } of isLast
    ? [
        { beat: 0, beats: 2 },
        { beat: 2, beats: 4 },
      ]
    : PIANO_RHYTHM) {
    for (const note of chordAt(beat).notes) {
      piano(keys, { start: at(beat), seconds: beats * SECONDS_A_BEAT, frequency: frequencyOf(note), level: 0.1 })
    }
  }
  for (const { beat, beats, octave } of isLast ? LAST_BASS_RHYTHM : BASS_RHYTHM) {
    const frequency = frequencyOf(chordAt(beat).root - 12 + 12 * octave)
    bass(low, { start: at(beat), seconds: beats * SECONDS_A_BEAT, frequency, level: 0.34 })
  }
  for (const beat of isLast ? [0, 2] : [0, 2, 2.5]) kick(drums, { start: at(beat), level: 0.7 })
  for (const beat of isLast ? [1] : [1, 3]) snare(drums, { start: at(beat), level: 0.34 })
  const hasFill = bar % 4 === 3 && !isLast
  if (hasFill) for (const beat of [3.25, 3.5, 3.75]) snare(drums, { start: at(beat), level: 0.2 + 0.1 * (beat - 3) })
  for (let beat = 0; beat < (isLast ? 2 : BEATS_A_BAR); beat += 0.5) {
    hat(drums, { start: at(beat), level: beat % 1 === 0 ? 0.12 : 0.2, isOpen: beat === 3.5 && !hasFill })
  }
}

const PIANO_RHYTHM = [
  { beat: 0, beats: 1.5 },
  { beat: 1.5, beats: 1 },
  { beat: 2.5, beats: 1.5 },
]
const BASS_RHYTHM = [
  { beat: 0, beats: 1.4, octave: 0 },
  { beat: 1.5, beats: 0.4, octave: 0 },
  { beat: 2, beats: 0.9, octave: 0 },
  { beat: 3, beats: 0.45, octave: 1 },
  { beat: 3.5, beats: 0.4, octave: 0 },
]
const LAST_BASS_RHYTHM = [
  { beat: 0, beats: 1.9, octave: 0 },
  { beat: 2, beats: 3, octave: 0 },
]

/** Left and right. Voice, bass and drums stand in the middle, the piano a little to the left. */
function mixed({ voice, piano: keys, bass: low, drums }: Tracks): [Float32Array, Float32Array] {
  const side = (echoSeconds: number, pianoGain: number) => {
    const echo = Math.round(echoSeconds * SAMPLE_RATE)
    return voice.map((sung, i) => {
      const room = ECHO_LEVEL * ((voice[i - echo] ?? 0) + (keys[i - echo] ?? 0))
      return Math.tanh(sung + pianoGain * (keys[i] ?? 0) + (low[i] ?? 0) + (drums[i] ?? 0) + room)
    })
  }
  const [left, right] = [side(ECHOES.left, 1.15), side(ECHOES.right, 0.8)]
  const loudest = [
    ...[left, right].map((samples) => samples.reduce((max, sample) => Math.max(max, Math.abs(sample)), 0)),
  ]
  const gain = PEAK / Math.max(...loudest)
  return [left.map((sample) => gain * sample), right.map((sample) => gain * sample)]
}
