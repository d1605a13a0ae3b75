import { TASK_SAMPLE_RATE } from '../../song/lyrics-task.ts'

/** Loudness is measured in steps of 10 ms. */
export const STEP_MS = 10
const STEP_SAMPLES = (TASK_SAMPLE_RATE * STEP_MS) / 1_000
/** The loudness of digital silence. */
const SILENCE_DB = -120
const FIRST_CAPACITY = 6_000

/** The loudness of a voice, step by step, as far as it is known. It takes 24 kB a minute. */
export class VoiceLevels {
  #decibels = new Float32Array(FIRST_CAPACITY)
  #steps = 0
  /** Samples of a step that is not complete yet. */
  #rest = new Float32Array()

  get steps(): number {
    return this.#steps
  }

  /** In dB below full scale; SILENCE_DB outside of what is known. */
  at(step: number): number {
    return step >= 0 && step < this.#steps ? (this.#decibels[step] ?? SILENCE_DB) : SILENCE_DB
  }

  /** Takes in the next piece: mono, 16 kHz, full scale 1. */
  push(samples: Float32Array): void {
    const all = new Float32Array(this.#rest.length + samples.length)
    all.set(this.#rest)
    all.set(samples, this.#rest.length)
    const steps = Math.floor(all.length / STEP_SAMPLES)
    this.#reserve(this.#steps + steps)
    for (let step = 0; step < steps; step++) {
      this.#decibels[this.#steps + step] = levelOf(all.subarray(step * STEP_SAMPLES, (step + 1) * STEP_SAMPLES))
    }
    this.#steps += steps
    this.#rest = all.slice(steps * STEP_SAMPLES)
  }

  #reserve(steps: number): void {
    if (steps <= this.#decibels.length) return
    const larger = new Float32Array(Math.max(steps, 2 * this.#decibels.length))
    larger.set(this.#decibels)
    this.#decibels = larger
  }
}

function levelOf(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  return Math.max(SILENCE_DB, 10 * Math.log10(sum / samples.length + 1e-12))
}
