import type { Engine } from '../stretcher.ts'

// The globals of an AudioWorklet (Web Audio API, 1.32.3).
type Processor = new (options: unknown) => { wasmReady: boolean; wasmModule: Engine | null }
type Scope = { registerProcessor(name: string, processor: Processor): void; stretchEngine?: () => Engine | null }

/**
 * The library offers its stretcher only as an audio node, which changes the tempo only of sound that it gets as a whole. Ours is
 * mixed while it plays. So this subclass of its processor publishes the engine, and mixer-worklet.ts finds it in the same audio
 * thread. The node itself plays nothing.
 */
const scope = globalThis as unknown as Scope
const register = scope.registerProcessor.bind(globalThis)
scope.registerProcessor = (name, Library) => {
  class Capturing extends Library {
    constructor(options: unknown) {
      super(options)
      scope.stretchEngine = () => (this.wasmReady ? this.wasmModule : null)
    }

    process(): boolean {
      return false
    }
  }
  register(name, Capturing)
}
