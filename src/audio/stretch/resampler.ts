import type { Stereo, StereoSink } from './stereo-sink.ts'

/** Zero crossings of the sinc on each side. */
const CROSSINGS = 32
/** The share of the band that passes, so that the filter has fallen where a mirror image would begin. */
const PASSBAND = 0.95
/** Positions between two samples for which the filter is computed. Between them it is interpolated: an error of -106 dB. */
const PHASES = 512
/** Samples for which memory is allocated at first. */
const ROOM = 8_192

/**
 * Plays a sound faster or slower, which changes its pitch with its tempo: band-limited interpolation (J. O. Smith, "Digital
 * Audio Resampling", 2002) with a sinc under a Blackman window.
 */
export class Resampler implements StereoSink {
  readonly #step: number
  readonly #half: number
  readonly #filters: readonly Float32Array[]
  readonly #next: StereoSink
  #owed: number
  #made = 0
  /** What is still needed of the input. It begins with `half` samples of silence before the sound. */
  #left = new Float32Array(ROOM)
  #right = new Float32Array(ROOM)
  #kept: number
  /** The sample of the input at which the kept part begins. */
  #start: number

  /**
   * @param step samples of the input for each sample of the output
   * @param samples the length of the output
   */
  constructor({ step, samples, next }: { step: number; samples: number; next: StereoSink }) {
    const cutoff = PASSBAND * Math.min(1, 1 / step)
    this.#step = step
    this.#owed = samples
    this.#next = next
    this.#half = Math.ceil(CROSSINGS / cutoff)
    this.#kept = this.#half
    this.#start = -this.#half
    this.#filters = Array.from({ length: PHASES + 1 }, (_, phase) => filterAt(phase / PHASES, this.#half, cutoff))
  }

  write({ left, right }: Stereo): void {
    this.#reserve(this.#kept + left.length)
    this.#left.set(left, this.#kept)
    this.#right.set(right, this.#kept)
    this.#kept += left.length
    this.#make()
  }

  finish(): void {
    const silence = new Float32Array(this.#half + 1)
    while (this.#owed > 0) this.write({ left: silence, right: silence })
    this.#next.finish()
  }

  /** Makes all samples whose neighbours on both sides are there. */
  #make(): void {
    const end = this.#start + this.#kept - this.#half
    const count = Math.max(0, Math.min(this.#owed, Math.ceil(end / this.#step) - this.#made))
    const [left, right] = [new Float32Array(count), new Float32Array(count)]
    for (let i = 0; i < count; i++) this.#makeOne(i, { left, right })
    this.#made += count
    this.#owed -= count
    this.#forget(Math.floor(this.#made * this.#step) - this.#half - this.#start)
    if (count > 0) this.#next.write({ left, right })
  }

  #makeOne(index: number, { left, right }: Stereo): void {
    const position = (this.#made + index) * this.#step
    const whole = Math.floor(position)
    const phase = (position - whole) * PHASES
    const below = Math.floor(phase)
    const share = phase - below
    const [one, other] = [this.#filters[below], this.#filters[below + 1]]
    if (!one || !other) throw new Error('The filter has no such phase.')
    const [inLeft, inRight] = [this.#left, this.#right]
    const from = whole - this.#half + 1 - this.#start
    let [sumLeft, sumRight] = [0, 0]
    for (let tap = 0; tap < one.length; tap++) {
      const low = one[tap] as number
      const weight = low + share * ((other[tap] as number) - low)
      sumLeft += weight * (inLeft[from + tap] as number)
      sumRight += weight * (inRight[from + tap] as number)
    }
    left[index] = sumLeft
    right[index] = sumRight
  }

  #forget(samples: number): void {
    const count = Math.min(this.#kept, Math.max(0, samples))
    this.#left.copyWithin(0, count, this.#kept)
    this.#right.copyWithin(0, count, this.#kept)
    this.#kept -= count
    this.#start += count
  }

  #reserve(samples: number): void {
    if (samples <= this.#left.length) return
    const [left, right] = [new Float32Array(2 * samples), new Float32Array(2 * samples)]
    left.set(this.#left)
    right.set(this.#right)
    this.#left = left
    this.#right = right
  }
}

/** The filter for a position `fraction` of a sample after the middle: 2 * half taps. */
function filterAt(fraction: number, half: number, cutoff: number): Float32Array {
  return Float32Array.from({ length: 2 * half }, (_, tap) => {
    const distance = tap - half + 1 - fraction
    const angle = Math.PI * cutoff * distance
    const sinc = distance === 0 ? 1 : Math.sin(angle) / angle
    const turn = (Math.PI * distance) / half
    const window = Math.abs(distance) >= half ? 0 : 0.42 + 0.5 * Math.cos(turn) + 0.08 * Math.cos(2 * turn)
    return cutoff * sinc * window
  })
}
