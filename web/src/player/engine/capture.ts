import type { Engine } from '../stretcher.ts'

// What an AudioWorklet has beside the language (Web Audio API, 1.32.3).
type Processor = new (options: unknown) => { wasmReady: boolean; wasmModule: Engine | null }
type Scope = { registerProcessor(name: string, processor: Processor): void; stretchEngine?: () => Engine | null }

/**
 * The library offers its stretcher as an audio node only, which changes the tempo of nothing but sound it was given whole.
 * Ours is mixed while it plays. So its processor, when it is made, leaves its engine where our clock, in the same audio
 * thread, finds it; the node itself plays nothing.
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
