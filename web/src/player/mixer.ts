import { assertNever } from '../assert-never.ts'
export const SAMPLE_RATE = 44_100

/** The samples of one track in one block, left and right. */
export type Lane = readonly [Float32Array, Float32Array]

/** The decoded samples of every track in one piece of the song. */
export type Block = { index: number; lanes: readonly Lane[] }

export type Loop = { start: number; end: number }

/** Positions and lengths are in samples at 44,100 Hz; `stride` is the length of a block. */
export type Command =
  | { kind: 'open'; stride: number; samples: number; lanes: number }
  | { kind: 'length'; samples: number }
  | { kind: 'load'; block: Block }
  | { kind: 'drop'; index: number }
  | { kind: 'gains'; gains: readonly number[] }
  | { kind: 'play' }
  | { kind: 'pause' }
  | { kind: 'seek'; position: number }
  | { kind: 'loop'; loop: Loop | null }

/** Whether a command changes the sound at once, so that earlier reports are out of date. */
export function isHeardAtOnce({ kind }: { kind: string }): boolean {
  return kind !== 'load' && kind !== 'drop'
}

/** waiting: plays on as soon as the block at its position is loaded. */
export type Status = 'paused' | 'playing' | 'waiting' | 'ended'

/**
 * @property levels the highest absolute sample of each lane since the last report, after its fader
 * @property released the samples of blocks that the mixer has dropped, to be moved back to the page: an audio thread collects
 * garbage so late that an hour of songs would leave 300 MB of it
 */
export type Report = { position: number; status: Status; levels: readonly number[]; released: ArrayBuffer[] }

/** Gains change, and sound begins and ends, over 5 ms, so that nothing clicks. */
const RAMP_SAMPLES = 220

/**
 * Mixes the loaded blocks, sample by sample. It reads all lanes at one position, so they cannot drift apart. With all
 * faders at 0 dB the sum is the song exactly, since 16-bit samples add up in float32 without rounding. Runs in an
 * AudioWorklet, or on the page.
 */
export class Mixer {
  #stride = 1
  #samples = 0
  #position = 0
  #isPlaying = false
  #isWaiting = false
  #loop: Loop | null = null
  #blocks = new Map<number, Block>()
  #released: ArrayBuffer[] = []
  /** The gains as they are now, and as they will be after the ramp. */
  #gains: number[] = []
  #targets: number[] = []
  #levels: number[] = []
  /** The gain of the sum, which fades sound in and out. */
  #master = 0

  apply(command: Command): void {
    switch (command.kind) {
      case 'open':
        this.#stride = command.stride
        this.#samples = command.samples
        this.#position = 0
        this.#isPlaying = false
        this.#loop = null
        for (const index of [...this.#blocks.keys()]) this.#release(index)
        this.#gains = Array.from({ length: command.lanes }, () => 1)
        this.#targets = [...this.#gains]
        this.#levels = this.#gains.map(() => 0)
        this.#master = 0
        break
      case 'length':
        this.#samples = command.samples
        break
      case 'load':
        this.#release(command.block.index)
        this.#blocks.set(command.block.index, command.block)
        break
      case 'drop':
        this.#release(command.index)
        break
      case 'gains':
        this.#targets = [...command.gains]
        // While nothing plays, a gain needs no ramp.
        if (this.#master === 0) this.#gains = [...command.gains]
        break
      case 'play':
        if (this.#position >= this.#samples) this.#position = this.#loop?.start ?? 0
        this.#isPlaying = true
        break
      case 'pause':
        this.#isPlaying = false
        break
      case 'seek':
        this.#position = Math.max(0, Math.min(this.#samples, Math.round(command.position)))
        this.#master = 0
        break
      case 'loop':
        this.#loop = command.loop && command.loop.end > command.loop.start ? command.loop : null
        break
      default:
        assertNever(command)
    }
  }

  /** Whether it plays or waits for a block. */
  get isActive(): boolean {
    return this.#isPlaying || this.#master > 0
  }

  get position(): number {
    return this.#position
  }

  /** Fills both arrays with the next samples; with zeros if there is nothing to play. */
  render(left: Float32Array, right: Float32Array): void {
    left.fill(0)
    right.fill(0)
    this.#isWaiting = false
    let filled = 0
    while (filled < left.length && this.isActive) {
      if (this.#position >= this.#samples) {
        this.#isPlaying = false
        this.#master = 0
        return
      }
      const index = Math.floor(this.#position / this.#stride)
      const offset = this.#position - index * this.#stride
      const block = this.#blocks.get(index)
      const available = (block?.lanes[0]?.[0].length ?? 0) - offset
      if (!block || available <= 0) {
        this.#isWaiting = this.#isPlaying
        this.#master = 0
        return
      }
      const loop = this.#loop && this.#position < this.#loop.end ? this.#loop : null
      const end = Math.min(this.#samples, loop?.end ?? Number.POSITIVE_INFINITY)
      const count = this.#add(block, {
        offset,
        left,
        right,
        from: filled,
        most: Math.min(available, end - this.#position),
      })
      filled += count
      this.#position += count
      if (loop && this.#position >= loop.end && this.#isPlaying) this.#position = loop.start
    }
  }

  /** The state now, and the levels since the last report. */
  report(): Report {
    const [levels, released] = [this.#levels, this.#released]
    this.#levels = levels.map(() => 0)
    this.#released = []
    const isAtEnd = this.#samples > 0 && this.#position >= this.#samples
    const paused = isAtEnd ? 'ended' : 'paused'
    const status = this.#isPlaying ? (this.#isWaiting ? 'waiting' : 'playing') : paused
    return { position: this.#position, status, levels, released }
  }

  #release(index: number): void {
    const lanes = this.#blocks.get(index)?.lanes ?? []
    this.#released.push(...lanes.flat().map(({ buffer }) => buffer as ArrayBuffer))
    this.#blocks.delete(index)
  }

  #add(
    block: Block,
    {
      offset,
      left,
      right,
      from,
      most,
    }: { offset: number; left: Float32Array; right: Float32Array; from: number; most: number },
  ): number {
    let count = Math.min(most, left.length - from)
    // A fade-out stops at silence.
    if (!this.#isPlaying) count = Math.min(count, Math.max(1, Math.ceil(this.#master * RAMP_SAMPLES)))
    const masterStep = (this.#isPlaying ? 1 : -1) / RAMP_SAMPLES
    for (const [lane, [laneLeft, laneRight]] of block.lanes.entries()) {
      const target = this.#targets[lane] ?? 1
      let gain = this.#gains[lane] ?? 1
      let master = this.#master
      let level = this.#levels[lane] ?? 0
      for (let i = 0; i < count; i++) {
        if (gain !== target) gain = approach(gain, target)
        if (master !== 1 || masterStep < 0) master = Math.max(0, Math.min(1, master + masterStep))
        const share = gain * master
        const a = (laneLeft[offset + i] ?? 0) * share
        const b = (laneRight[offset + i] ?? 0) * share
        left[from + i] = (left[from + i] ?? 0) + a
        right[from + i] = (right[from + i] ?? 0) + b
        level = Math.max(level, Math.abs(a), Math.abs(b))
      }
      this.#gains[lane] = gain
      this.#levels[lane] = level
    }
    this.#master = Math.max(0, Math.min(1, this.#master + masterStep * count))
    return count
  }
}

function approach(gain: number, target: number): number {
  const step = 1 / RAMP_SAMPLES
  return Math.abs(target - gain) <= step ? target : gain + Math.sign(target - gain) * step
}
