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
    for (let start = 0; start < left.length; start += PIECE) {
      this.#feed({ left: left.subarray(start, start + PIECE), right: right.subarray(start, start + PIECE) })
    }
  }

  finish(): void {
    const silence = new Float32Array(PIECE)
    while (this.#owed > 0) this.#feed({ left: silence, right: silence })
    this.#next.finish()
  }

  #feed({ left, right }: Stereo): void {
    const input = this.#planes(0, left.length)
    input.left.set(left)
    input.right.set(right)
    this.#fed += left.length
    const count = Math.floor(this.#fed / this.#tempo) - this.#made
    this.#made += count
    this.#engine._process(left.length, count)
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
