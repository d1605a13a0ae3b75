import { RAMP_SAMPLES } from './fade-out.ts'
import type { Block } from './mixer.ts'

/** Where to add how many samples. `master` fades the sum; it is the gain before the first sample, and changes with each. */
type Part = {
  offset: number
  left: Float32Array
  right: Float32Array
  from: number
  count: number
  master: number
  masterStep: number
}

/** Adds the lanes, each with its gain and balance, and measures how loud each is. Changes are ramps. */
export class LaneMix {
  #now: Sides[]
  #targets: Sides[]
  #levels: number[]

  constructor(lanes: number) {
    this.#now = Array.from({ length: lanes }, () => ({ left: 1, right: 1 }))
    this.#targets = this.#now
    this.#levels = this.#now.map(() => 0)
  }

  /** @param isAtOnce without a ramp, because nothing is heard */
  set({ gains, pans }: { gains: readonly number[]; pans: readonly number[] }, isAtOnce: boolean): void {
    this.#targets = gains.map((gain, lane) => sidesOf(gain, pans[lane] ?? 0))
    if (isAtOnce) this.#now = this.#targets
  }

  /** The highest absolute sample of each lane since the last call, after its fader. */
  takeLevels(): number[] {
    const levels = this.#levels
    this.#levels = levels.map(() => 0)
    return levels
  }

  add(block: Block, { offset, left, right, from, count, master: first, masterStep }: Part): void {
    for (const [lane, [laneLeft, laneRight]] of block.lanes.entries()) {
      const target = this.#targets[lane] ?? FULL
      let { left: leftGain, right: rightGain } = this.#now[lane] ?? FULL
      let master = first
      let level = this.#levels[lane] ?? 0
      for (let i = 0; i < count; i++) {
        if (leftGain !== target.left) leftGain = approach(leftGain, target.left)
        if (rightGain !== target.right) rightGain = approach(rightGain, target.right)
        if (master !== 1 || masterStep < 0) master = Math.max(0, Math.min(1, master + masterStep))
        const a = (laneLeft[offset + i] ?? 0) * (leftGain * master)
        const b = (laneRight[offset + i] ?? 0) * (rightGain * master)
        left[from + i] = (left[from + i] ?? 0) + a
        right[from + i] = (right[from + i] ?? 0) + b
        level = Math.max(level, Math.abs(a), Math.abs(b))
      }
      this.#now[lane] = { left: leftGain, right: rightGain }
      this.#levels[lane] = level
    }
  }
}

/** The gains of the two channels. */
type Sides = { left: number; right: number }
const FULL: Sides = { left: 1, right: 1 }

/** A balance: one channel becomes quieter, and the other stays. @param pan from -1, the left, to 1, the right */
function sidesOf(gain: number, pan: number): Sides {
  return { left: gain * Math.max(0, Math.min(1, 1 - pan)), right: gain * Math.max(0, Math.min(1, 1 + pan)) }
}

function approach(gain: number, target: number): number {
  const step = 1 / RAMP_SAMPLES
  return Math.abs(target - gain) <= step ? target : gain + Math.sign(target - gain) * step
}
