/** Semitones up or down, and how fast: 1 is as it was recorded. */
export type Practice = { semitones: number; tempo: number }

export const AS_RECORDED: Practice = { semitones: 0, tempo: 1 }

export function isAsRecorded({ semitones, tempo }: Practice): boolean {
  return semitones === 0 && tempo === 1
}

/** What we use of the WebAssembly of Signalsmith Stretch (its functions as in its web/emscripten/main.cpp). */
export type Engine = {
  _presetDefault(channels: number, sampleRate: number): void
  _reset(): void
  /** Input samples that have to be there before the one that is heard. */
  _inputLatency(): number
  /** Output samples by which the sound is late. */
  _outputLatency(): number
  /** Makes room for `samples` on every channel, in and out; returns where it begins: inputs first, then outputs. */
  _setBuffers(channels: number, samples: number): number
  /** @param tonality as a share of the sample rate: above it, partials keep their distances instead of their ratios */
  _setTransposeSemitones(semitones: number, tonality: number): void
  _process(inputSamples: number, outputSamples: number): void
  exports?: { memory: { buffer: ArrayBuffer } }
  HEAP8?: Int8Array
}

/** Gives the next samples of a sound, and says where in the song they are. */
type Source = { readonly position: number; render(left: Float32Array, right: Float32Array): void }

const CHANNELS = 2
const ROOM = 1_024
const FLOAT_BYTES = 4
/** Above this, a transposed sound keeps its brightness. */
const TONALITY_HZ = 8_000

/**
 * Changes key and tempo of a sound independently of each other. It reads ahead by its latency, and knows which sample of
 * the source is being heard.
 */
export class Stretcher {
  readonly #engine: Engine
  readonly #source: Source
  readonly #sampleRate: number
  readonly #buffers: number
  #practice = AS_RECORDED
  #isPrimed = false
  #fed = 0
  #owed = 0
  /** Where in the source each piece of what was fed began. */
  #pieces: { fed: number; position: number }[] = []

  constructor({ engine, source, sampleRate }: { engine: Engine; source: Source; sampleRate: number }) {
    this.#engine = engine
    this.#source = source
    this.#sampleRate = sampleRate
    engine._presetDefault(CHANNELS, sampleRate)
    this.#buffers = engine._setBuffers(CHANNELS, ROOM)
  }

  set(practice: Practice): void {
    this.#practice = practice
    this.#engine._setTransposeSemitones(practice.semitones, TONALITY_HZ / this.#sampleRate)
  }

  /** Forgets what it has heard: the source goes on elsewhere. */
  reset(): void {
    this.#engine._reset()
    this.#isPrimed = false
    this.#fed = 0
    this.#owed = 0
    this.#pieces = []
  }

  get isPrimed(): boolean {
    return this.#isPrimed
  }

  /** By how many samples of the source it reads ahead. */
  get latency(): number {
    return this.#engine._inputLatency() + this.#engine._outputLatency() * this.#practice.tempo
  }

  /** The sample of the source that is heard next. */
  get position(): number {
    const heard = this.#fed - this.latency
    const piece = this.#pieces.findLast(({ fed }) => fed <= heard) ?? this.#pieces[0]
    return piece ? Math.round(piece.position + Math.max(0, heard - piece.fed)) : this.#source.position
  }

  render(left: Float32Array, right: Float32Array): void {
    if (!this.#isPrimed) this.#prime()
    for (let at = 0; at < left.length; ) {
      const count = this.#process(left.length - at)
      const [outLeft, outRight] = this.#planes(CHANNELS, count)
      left.set(outLeft, at)
      right.set(outRight, at)
      at += count
    }
    const heard = this.#fed - this.latency
    while ((this.#pieces[1]?.fed ?? Number.POSITIVE_INFINITY) <= heard) this.#pieces.shift()
  }

  /** So that the next sample that comes out is the one that the source was at. */
  #prime(): void {
    this.#isPrimed = true
    let left = Math.round(this.latency / this.#practice.tempo)
    while (left > 0) left -= this.#process(left)
  }

  /** At most `wanted` samples of output, in the buffers; returns how many. */
  #process(wanted: number): number {
    const { tempo } = this.#practice
    const count = Math.min(wanted, Math.floor(ROOM / Math.max(1, tempo)) - 1)
    const owed = this.#owed + count * tempo
    const input = Math.floor(owed)
    this.#owed = owed - input
    this.#pieces.push({ fed: this.#fed, position: this.#source.position })
    const [left, right] = this.#planes(0, input)
    this.#source.render(left, right)
    this.#fed += input
    this.#engine._process(input, count)
    return count
  }

  /** Two channels of the engine's memory, which may have moved: the first of the inputs is 0, of the outputs 2. */
  #planes(first: number, samples: number): [Float32Array, Float32Array] {
    const memory = this.#engine.exports?.memory.buffer ?? this.#engine.HEAP8?.buffer
    if (!memory) throw new Error('The stretcher has no memory.')
    const plane = (channel: number) => new Float32Array(memory, this.#buffers + channel * ROOM * FLOAT_BYTES, samples)
    return [plane(first), plane(first + 1)]
  }
}
