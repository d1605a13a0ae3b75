/** Left and right. */
export type Lane = readonly [Float32Array, Float32Array]

/** Samples of one stretch. */
export type Block = { index: number; lanes: readonly Lane[] }

export type Loop = { start: number; end: number }

/** Positions and lengths in samples at 44,100 Hz. */
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

/** Whether a command changes what is heard at once, so that what was reported before is out of date. */
export function isHeardAtOnce({ kind }: { kind: string }): boolean {
  return kind !== 'load' && kind !== 'drop'
}

/** waiting: plays on as soon as the stretch at its position is loaded. */
export type Status = 'paused' | 'playing' | 'waiting' | 'ended'

/**
 * @property levels the highest absolute sample of each lane since the last report, after its fader
 * @property released the sound that is no longer held, to be moved back to the page: an audio thread collects its garbage
 * so late that an hour of songs would leave 300 MB of it
 */
export type Report = { position: number; status: Status; levels: readonly number[]; released: ArrayBuffer[] }

/** Faders move, and sound begins and ends, within 5 ms, so that nothing clicks. */
const RAMP_SAMPLES = 220

/**
 * The clock of the player: all lanes are read at one position, so they are in step for ever. It holds the decoded
 * stretches it was given and mixes them, sample by sample; with all faders at 0 dB their sum is the song exactly, since
 * 16-bit samples add up in float32 without rounding. Runs in an AudioWorklet, or wherever blocks of sound are needed.
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
  /** The faders as they are now and as they will be. */
  #gains: number[] = []
  #targets: number[] = []
  #levels: number[] = []
  /** Fades sound in and out. */
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
        // Nobody hears a fader move that is moved while nothing plays.
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
    }
  }

  /** Whether sound comes, or would if it were loaded. */
  get isActive(): boolean {
    return this.#isPlaying || this.#master > 0
  }

  get position(): number {
    return this.#position
  }

  /** Fills both with the next samples; silence where there is nothing to play. */
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
      const there = (block?.lanes[0]?.[0].length ?? 0) - offset
      if (!block || there <= 0) {
        this.#isWaiting = this.#isPlaying
        this.#master = 0
        return
      }
      const loop = this.#loop && this.#position < this.#loop.end ? this.#loop : null
      const end = Math.min(this.#samples, loop?.end ?? Number.POSITIVE_INFINITY)
      const count = this.#add(block, { offset, left, right, from: filled, most: Math.min(there, end - this.#position) })
      filled += count
      this.#position += count
      if (loop && this.#position >= loop.end && this.#isPlaying) this.#position = loop.start
    }
  }

  /** What has been since the last one. */
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
    // Where the sound fades out, it ends at nothing.
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
