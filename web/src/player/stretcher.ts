import { AS_RECORDED, type Practice } from '../../../src/song/practice-settings.ts'
import type { Loop } from './mixer.ts'
import { type Place, placeAfter } from './place.ts'

/** The functions of Signalsmith Stretch that we use (its web/emscripten/main.cpp), compiled to WebAssembly. */
export type Engine = {
  _presetDefault(channels: number, sampleRate: number): void
  _reset(): void
  /** Input samples that it needs ahead of the one that is heard. */
  _inputLatency(): number
  /** Output samples by which the sound is late. */
  _outputLatency(): number
  /** Allocates `samples` for every input and output channel. Returns the address: inputs first, then outputs. */
  _setBuffers(channels: number, samples: number): number
  /** @param tonality as a share of the sample rate. Above it, partials keep their distances instead of their ratios. */
  _setTransposeSemitones(semitones: number, tonality: number): void
  _process(inputSamples: number, outputSamples: number): void
  exports?: { memory: { buffer: ArrayBuffer } }
  HEAP8?: Int8Array
}

/** A sound that is read in order. `place` is that of the sample that it renders next, and `loop` the loop in force there. */
type Source = {
  readonly place: Place
  readonly loop: Loop | null
  render(left: Float32Array, right: Float32Array): unknown
}

const CHANNELS = 2
const ROOM = 1_024
const FLOAT_BYTES = 4
/** Above this, a transposed sound keeps its brightness. */
const TONALITY_HZ = 8_000

/**
 * Changes key and tempo of a sound independently of each other. It reads the source ahead by its latency. It tracks which
 * sample of the source is heard.
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
  /** For each piece of input: how many samples were fed before it, and its place in the source. */
  #pieces: { fed: number; place: Place; loop: Loop | null }[] = []

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

  /** Call it when the source jumps. */
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

  /** The number of samples by which it reads the source ahead. */
  get latency(): number {
    return this.#engine._inputLatency() + this.#engine._outputLatency() * this.#practice.tempo
  }

  /** The place of the source that is heard next. */
  get place(): Place {
    const heard = this.#fed - this.latency
    const piece = this.#pieces.findLast(({ fed }) => fed <= heard) ?? this.#pieces[0]
    if (!piece) return this.#source.place
    return placeAfter(piece.place, Math.round(Math.max(0, heard - piece.fed)), piece.loop)
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

  /** Feeds the latency, so that the next sample of output is the one at which the source was. */
  #prime(): void {
    this.#isPrimed = true
    let left = Math.round(this.latency / this.#practice.tempo)
    while (left > 0) left -= this.#process(left)
  }

  /** Fills the output buffers with at most `wanted` samples. Returns how many. */
  #process(wanted: number): number {
    const { tempo } = this.#practice
    const count = Math.min(wanted, Math.floor(ROOM / Math.max(1, tempo)) - 1)
    const owed = this.#owed + count * tempo
    const input = Math.floor(owed)
    this.#owed = owed - input
    this.#pieces.push({ fed: this.#fed, place: this.#source.place, loop: this.#source.loop })
    const [left, right] = this.#planes(0, input)
    this.#source.render(left, right)
    this.#fed += input
    this.#engine._process(input, count)
    return count
  }

  /** Two channels of the engine's memory, which moves when it grows. The inputs are channels 0 and 1, the outputs 2 and 3. */
  #planes(first: number, samples: number): [Float32Array, Float32Array] {
    const memory = this.#engine.exports?.memory.buffer ?? this.#engine.HEAP8?.buffer
    if (!memory) throw new Error('The stretcher has no memory.')
    const plane = (channel: number) => new Float32Array(memory, this.#buffers + channel * ROOM * FLOAT_BYTES, samples)
    return [plane(first), plane(first + 1)]
  }
}
