import { TASK_SAMPLE_RATE } from '../../song/lyrics-task.ts'
import { SAMPLE_RATE } from '../../song/pcm.ts'

/** 44,100 : 16,000 = 441 : 160. */
const [FROM, TO] = [SAMPLE_RATE / 100, TASK_SAMPLE_RATE / 100] as const
/** Crossings of zero of the filter on each side. */
const ZEROS = 12
/** The filter ends below 8 kHz, so that nothing is mirrored into what is heard. */
const CUTOFF = (0.92 * TO) / FROM
const REACH = Math.ceil(ZEROS / CUTOFF)
const FULL_SCALE = 32_768

/** The filter of each of the TO phases: a sinc with a Hann window, of sum 1. */
const PHASES = [...Array(TO).keys()].map((phase) => {
  const weights = Float64Array.from({ length: 2 * REACH + 1 }, (_, i) => {
    const distance = i - REACH - ((phase * FROM) % TO) / TO
    const x = Math.PI * distance * CUTOFF
    const window = Math.abs(distance) > REACH ? 0 : 0.5 + 0.5 * Math.cos((Math.PI * distance) / REACH)
    return (distance === 0 ? 1 : Math.sin(x) / x) * window
  })
  const sum = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight) => weight / sum)
})

/**
 * Interleaved 16-bit stereo at 44.1 kHz as mono at 16 kHz, full scale 1 (resampling by a polyphase windowed sinc). Silence is
 * assumed around it. The same samples give the same result everywhere.
 */
export function toMono16k(stereo: Int16Array): Float32Array {
  const samples = stereo.length >> 1
  const mono = new Float32Array(samples + 2 * REACH + 2)
  for (let i = 0; i < samples; i++) {
    mono[REACH + i] = ((stereo[2 * i] ?? 0) + (stereo[2 * i + 1] ?? 0)) / (2 * FULL_SCALE)
  }
  const made = new Float32Array(Math.round((samples * TO) / FROM))
  for (let i = 0; i < made.length; i++) {
    const at = Math.floor((i * FROM) / TO)
    const weights = PHASES[i % TO] as Float64Array
    let sum = 0
    for (let j = 0; j < weights.length; j++) sum += (weights[j] ?? 0) * (mono[at + j] ?? 0)
    made[i] = sum
  }
  return made
}
