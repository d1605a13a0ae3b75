import { SAMPLE_RATE } from '../../song/pcm.ts'
import type { StretchEngine } from './stretch-engine.ts'

// The globals of an AudioWorklet (Web Audio API, 1.32.3).
type Port = { postMessage(message: readonly unknown[]): void; onmessage: unknown }
type Processor = { wasmModule: StretchEngine; port: Port }
type ProcessorClass = new (options: { numberOfOutputs: number; outputChannelCount: readonly number[] }) => Processor
type WorkletScope = {
  sampleRate: number
  AudioWorkletProcessor: new () => { port: Port }
  registerProcessor(name: string, processor: ProcessorClass): void
}

/**
 * The library offers its engine only to an AudioWorklet, as a processor that it registers as soon as it is evaluated. So this
 * module pretends to be one. It must be evaluated before the library.
 */
const scope = globalThis as unknown as WorkletScope
let LibraryProcessor: ProcessorClass | null = null

scope.sampleRate = SAMPLE_RATE
scope.AudioWorkletProcessor = class {
  readonly port: Port = { postMessage: () => undefined, onmessage: null }
}
scope.registerProcessor = (_name, processor) => {
  LibraryProcessor = processor
}

/** A processor of the library with an engine of its own, once the engine is compiled. */
export function openProcessor(): Promise<Processor> {
  if (!LibraryProcessor) throw new Error('signalsmith-stretch registered no processor.')
  const processor = new LibraryProcessor({ numberOfOutputs: 1, outputChannelCount: [2] })
  return new Promise((resolve) => {
    processor.port.postMessage = () => resolve(processor) // its first message says that it is ready
  })
}
