import { TASK_SAMPLE_RATE, taskSamples } from '../song/lyrics-task.ts'
import { CHANNELS, FULL_SCALE, SAMPLE_RATE } from '../song/pcm.ts'
import { sincFilter } from './stretch/resampler.ts'

/** 16,000 / 44,100 in lowest terms: sample i of the output is at 441 i / 160 of the input, so 160 filters suffice. */
const [UP, DOWN] = [160, 441]
/** Zero crossings of the sinc on each side. */
const CROSSINGS = 16
/** The share of the output's band that passes. */
const PASSBAND = 0.95
const CUTOFF = (PASSBAND * TASK_SAMPLE_RATE) / SAMPLE_RATE
const HALF = Math.ceil(CROSSINGS / CUTOFF)

let filters: readonly Float32Array[] | null = null

/**
 * Mixes a voice down to mono at TASK_SAMPLE_RATE: the mean of both channels, band-limited (a sinc under a Blackman window), with silence
 * before and after it. A second of sound takes 3 ms. The result is the same on every machine.
 * @param stereo 16-bit, interleaved, at 44,100 Hz
 * @returns `taskSamples` of its length, full scale 1
 */
export function resampleVoice(stereo: Int16Array): Float32Array {
  filters ??= Array.from({ length: UP }, (_, phase) => sincFilter(phase / UP, HALF, CUTOFF))
  const samples = Math.floor(stereo.length / CHANNELS)
  const mono = new Float32Array(samples + 2 * HALF + 1)
  mixDown(stereo, mono.subarray(HALF, HALF + samples))
  const voice = new Float32Array(taskSamples(samples))
  for (let i = 0; i < voice.length; i++) {
    const position = i * DOWN
    voice[i] = sumAt(mono, Math.floor(position / UP) + 1, filters[position % UP] as Float32Array)
  }
  return voice
}

// The loops over samples are functions of their own, so that V8 compiles them without captured variables.

function mixDown(stereo: Int16Array, mono: Float32Array): void {
  const scale = 1 / (CHANNELS * FULL_SCALE)
  for (let i = 0; i < mono.length; i++) mono[i] = ((stereo[2 * i] as number) + (stereo[2 * i + 1] as number)) * scale
}

function sumAt(mono: Float32Array, from: number, filter: Float32Array): number {
  let sum = 0
  for (let tap = 0; tap < filter.length; tap++) sum += (filter[tap] as number) * (mono[from + tap] as number)
  return sum
}
