import { CHANNELS, FLOAT_BYTES, SAMPLE_RATE } from '../../song/pcm.ts'
import type { Stereo, StereoSink } from './stereo-sink.ts'
import type { StretchEngine } from './stretch-engine.ts'

/** Input samples that the engine gets at a time. */
const PIECE = 1_024
export const SLOWEST = 0.5
export const FASTEST = 2
/** Samples of one channel of the engine's memory, input or output. */
const ROOM = PIECE / SLOWEST + 1

/**
 * Changes the tempo of a sound and not its pitch. The first samples that come out of the engine are its latency, and are left
 * out. Silence after the end brings out the rest. So each sound in the result begins where the tempo puts it.
 */
export class TimeStretcher implements StereoSink {
  readonly #engine: StretchEngine
  readonly #buffers: number
  readonly #tempo: number
  readonly #next: StereoSink
  readonly #piece: Stereo = { left: new Float32Array(PIECE), right: new Float32Array(PIECE) }
  /** Samples of the piece that are there. */
  #count = 0
  #fed = 0
  #made = 0
  #skip: number
  #owed: number

  /**
   * @param tempo from SLOWEST to FASTEST. Beyond, the engine blurs the sound with random phases, or leaves samples out.
   * @param samples the length of the result
   */
  constructor({
    engine,
    tempo,
    samples,
    next,
  }: {
    engine: StretchEngine
    tempo: number
    samples: number
    next: StereoSink
  }) {
    this.#engine = engine
    this.#tempo = tempo
    this.#next = next
    engine._presetDefault(CHANNELS, SAMPLE_RATE)
    this.#buffers = engine._setBuffers(CHANNELS, ROOM)
    this.#skip = engine._outputLatency() + Math.round(engine._inputLatency() / tempo)
    this.#owed = samples
  }

  write({ left, right }: Stereo): void {
    for (let start = 0; start < left.length; ) {
      const end = Math.min(left.length, start + PIECE - this.#count)
      this.#piece.left.set(left.subarray(start, end), this.#count)
      this.#piece.right.set(right.subarray(start, end), this.#count)
      this.#count += end - start
      start = end
      if (this.#count === PIECE) this.#feed()
    }
  }

  finish(): void {
    while (this.#owed > 0) {
      this.#piece.left.fill(0, this.#count)
      this.#piece.right.fill(0, this.#count)
      this.#feed()
    }
    this.#next.finish()
  }

  /** Gives the engine one piece. They all have one length, so that the result is the same however the sound is handed on. */
  #feed(): void {
    const input = this.#planes(0, PIECE)
    input.left.set(this.#piece.left)
    input.right.set(this.#piece.right)
    this.#count = 0
    this.#fed += PIECE
    const count = Math.floor(this.#fed / this.#tempo) - this.#made
    this.#made += count
    this.#engine._process(PIECE, count)
    const skipped = Math.min(count, this.#skip)
    const end = Math.min(count, skipped + this.#owed)
    this.#skip -= skipped
    this.#owed -= end - skipped
    const output = this.#planes(CHANNELS, count)
    if (end > skipped)
      this.#next.write({ left: output.left.subarray(skipped, end), right: output.right.subarray(skipped, end) })
  }

  /** Two channels of the engine's memory, which moves when it grows. The inputs are channels 0 and 1, the outputs 2 and 3. */
  #planes(first: number, samples: number): Stereo {
    const memory = this.#engine.exports?.memory.buffer ?? this.#engine.HEAP8?.buffer
    if (!memory) throw new Error('The engine has no memory.')
    const plane = (channel: number) => new Float32Array(memory, this.#buffers + channel * ROOM * FLOAT_BYTES, samples)
    return { left: plane(first), right: plane(first + 1) }
  }
}
