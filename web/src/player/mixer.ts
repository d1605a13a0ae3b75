import { assertNever } from '../assert-never.ts'
import { FadeOut, RAMP_SAMPLES } from './fade-out.ts'
import { LaneMix } from './lane-mix.ts'
import type { Place } from './place.ts'

export const SAMPLE_RATE = 44_100
/** A shorter loop is no music any more, and would take the mixer more turns than it has time for. */
export const MIN_LOOP_SAMPLES = SAMPLE_RATE / 20

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
  | { kind: 'gains'; gains: readonly number[]; pans: readonly number[] }
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
 * @property passes how often a loop has been repeated since the song was opened
 * @property levels the highest absolute sample of each lane since the last report, after its fader
 * @property released the samples of blocks that the mixer has dropped, to be moved back to the page: an audio thread collects
 * garbage so late that an hour of songs would leave 300 MB of it
 */
export type Report = Place & { status: Status; levels: readonly number[]; released: ArrayBuffer[] }

/**
 * Mixes the loaded blocks, sample by sample. It reads all lanes at one position, so they cannot drift apart. With all
 * faders at 0 dB the sum is the song exactly, since 16-bit samples add up in float32 without rounding. Runs in an
 * AudioWorklet, or on the page.
 *
 * A loop repeats what is played before its end. A loop that is set or changed behind the playhead takes it to the loop's
 * start. A seek behind the loop leaves it: from there the song plays on.
 */
export class Mixer {
  #stride = 1
  #samples = 0
  #position = 0
  #passes = 0
  #isPlaying = false
  #isWaiting = false
  #loop: Loop | null = null
  #blocks = new Map<number, Block>()
  #released: ArrayBuffer[] = []
  #lanes = new LaneMix(0)
  readonly #fadeOut = new FadeOut()
  /** The gain of the sum, which fades sound in and out. */
  #master = 0

  apply(command: Command): void {
    switch (command.kind) {
      case 'open':
        this.#stride = command.stride
        this.#samples = command.samples
        this.#isPlaying = false
        this.#loop = null
        for (const index of [...this.#blocks.keys()]) this.#release(index)
        this.#lanes = new LaneMix(command.lanes)
        this.moveTo({ position: 0, passes: 0 })
        break
      case 'length': {
        const wasInLoop = this.#position < (this.loop?.end ?? 0)
        this.#samples = command.samples
        if (wasInLoop) this.#returnToLoop()
        break
      }
      case 'load':
        this.#release(command.block.index)
        this.#blocks.set(command.block.index, command.block)
        break
      case 'drop':
        this.#release(command.index)
        break
      case 'gains':
        this.#lanes.set(command, this.#master === 0)
        break
      case 'play':
        if (this.#position >= this.#samples) this.#position = this.loop?.start ?? 0
        this.#isPlaying = true
        break
      case 'pause':
        this.#isPlaying = false
        break
      case 'seek':
        this.#jump(command.position)
        break
      case 'loop':
        if (command.loop?.start === this.#loop?.start && command.loop?.end === this.#loop?.end) break
        this.#loop = command.loop
        this.#returnToLoop()
        break
      default:
        assertNever(command)
    }
  }

  /** Whether it plays or waits for a block. */
  get isActive(): boolean {
    return this.#isPlaying || this.#master > 0
  }

  get place(): Place {
    return { position: this.#position, passes: this.#passes }
  }

  /** The loop in force. It ends with the song, however far its end was set. */
  get loop(): Loop | null {
    if (!this.#loop) return null
    const start = Math.max(0, Math.round(this.#loop.start))
    const end = Math.min(this.#samples, Math.round(this.#loop.end))
    return end - start >= MIN_LOOP_SAMPLES ? { start, end } : null
  }

  /** Goes to a place without the end of what was heard before: that has been heard already, or is someone else's to fade. */
  moveTo({ position, passes }: Place): void {
    this.#position = this.#withinSong(position)
    this.#passes = passes
    this.#master = 0
    this.#fadeOut.clear()
  }

  /** Fills both arrays with the next samples; with zeros if there is nothing to play. Returns how many of the song it played. */
  render(left: Float32Array, right: Float32Array): number {
    left.fill(0)
    right.fill(0)
    const played = this.#play(left, right)
    this.#fadeOut.addTo(left, right)
    return played
  }

  /** The state now, and the levels since the last report. */
  report(): Report {
    const released = this.#released
    this.#released = []
    const isAtEnd = this.#samples > 0 && this.#position >= this.#samples
    const paused = isAtEnd ? 'ended' : 'paused'
    const status = this.#isPlaying ? (this.#isWaiting ? 'waiting' : 'playing') : paused
    return { ...this.place, status, levels: this.#lanes.takeLevels(), released }
  }

  #play(left: Float32Array, right: Float32Array): number {
    this.#isWaiting = false
    let filled = 0
    while (filled < left.length && this.isActive) {
      if (this.#position >= this.#samples) {
        this.#isPlaying = false
        this.#master = 0
        return filled
      }
      const index = Math.floor(this.#position / this.#stride)
      const offset = this.#position - index * this.#stride
      const block = this.#blocks.get(index)
      const available = (block?.lanes[0]?.[0].length ?? 0) - offset
      if (!block || available <= 0) {
        this.#isWaiting = this.#isPlaying
        this.#master = 0
        return filled
      }
      const { loop } = this
      const loopLeft = loop && this.#position < loop.end ? loop.end - this.#position : Number.POSITIVE_INFINITY
      const most = Math.min(available, loopLeft, this.#samples - this.#position)
      const count = this.#add(block, { offset, left, right, from: filled, most })
      filled += count
      this.#position += count
      if (loop && count === loopLeft) {
        this.#position = loop.start
        this.#passes++
      }
    }
    return filled
  }

  #returnToLoop(): void {
    const { loop } = this
    if (loop && this.#position >= loop.end) this.#jump(loop.start)
  }

  #jump(position: number): void {
    const [isPlaying, passes] = [this.#isPlaying, this.#passes]
    this.#isPlaying = false
    this.#fadeOut.begin((left, right) => this.#play(left, right))
    this.#isPlaying = isPlaying
    this.#passes = passes
    this.#position = this.#withinSong(position)
    this.#master = 0
  }

  #withinSong(position: number): number {
    return Math.max(0, Math.min(this.#samples, Math.round(position)))
  }

  #release(index: number): void {
    const lanes = this.#blocks.get(index)?.lanes ?? []
    this.#released.push(...lanes.flat().map(({ buffer }) => buffer as ArrayBuffer))
    this.#blocks.delete(index)
  }

  #add(
    block: Block,
    { most, ...part }: { offset: number; left: Float32Array; right: Float32Array; from: number; most: number },
  ): number {
    let count = Math.min(most, part.left.length - part.from)
    // A fade-out stops at silence.
    if (!this.#isPlaying) count = Math.min(count, Math.max(1, Math.ceil(this.#master * RAMP_SAMPLES)))
    const masterStep = (this.#isPlaying ? 1 : -1) / RAMP_SAMPLES
    this.#lanes.add(block, { ...part, count, master: this.#master, masterStep })
    this.#master = Math.max(0, Math.min(1, this.#master + masterStep * count))
    return count
  }
}
