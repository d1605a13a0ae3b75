// The order matters: the library registers its processor as soon as it is evaluated.
import { openProcessor } from './worklet-scope.ts'
import 'signalsmith-stretch'

/** The functions of Signalsmith Stretch that we use (its web/emscripten/main.cpp), compiled to WebAssembly. */
export type StretchEngine = {
  _presetDefault(channels: number, sampleRate: number): void
  /** Input samples that it needs ahead of the one that is heard. */
  _inputLatency(): number
  /** Output samples by which the sound is late. */
  _outputLatency(): number
  /** Allocates `samples` for every input and output channel. Returns the address: inputs first, then outputs. */
  _setBuffers(channels: number, samples: number): number
  _process(inputSamples: number, outputSamples: number): void
  exports?: { memory: { buffer: ArrayBuffer } }
  HEAP8?: Int8Array
}

/** A new engine, independent of all others. */
export async function openStretchEngine(): Promise<StretchEngine> {
  return (await openProcessor()).wasmModule
}
