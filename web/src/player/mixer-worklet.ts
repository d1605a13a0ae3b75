import { isHeardAtOnce } from './mixer.ts'
import type { WorkletReport } from './output.ts'
import { type PracticeCommand, PracticeMixer } from './practice-mixer.ts'
import type { Engine } from './stretcher.ts'

// The globals of an AudioWorklet (Web Audio API, 1.32.3), which TypeScript's libraries lack.
declare class AudioWorkletProcessor {
  readonly port: MessagePort
}
declare function registerProcessor(name: string, processor: typeof AudioWorkletProcessor): void
declare const sampleRate: number
declare const currentTime: number

/** engine/capture.ts sets it after the first change of key or tempo. */
const scope = globalThis as { stretchEngine?: () => Engine | null }

const QUANTUM_SAMPLES = 128
/** Render quanta between two reports: about 20 reports a second. */
const REPORT_EVERY = 17

/** The mixer in the audio thread. */
class MixerProcessor extends AudioWorkletProcessor {
  readonly #mixer = new PracticeMixer(sampleRate)
  #quanta = 0
  #applied = 0

  constructor() {
    super()
    this.port.onmessage = ({ data }: MessageEvent<PracticeCommand>) => {
      this.#mixer.apply(data)
      if (!isHeardAtOnce(data)) return
      this.#applied++
      this.#quanta = 0
    }
  }

  process(_inputs: unknown, [output]: Float32Array[][]): boolean {
    const [left, right] = output ?? []
    const engine = this.#mixer.needsEngine ? scope.stretchEngine?.() : null
    if (engine) this.#mixer.use(engine)
    if (left && right) this.#mixer.render(left, right)
    if (this.#quanta++ % REPORT_EVERY === 0) this.#report()
    return true
  }

  #report(): void {
    // What is reported is the place behind the quantum that was rendered just now.
    const contextTime = currentTime + QUANTUM_SAMPLES / sampleRate
    const report: WorkletReport = { ...this.#mixer.report(), contextTime, applied: this.#applied }
    this.port.postMessage(report, report.released)
  }
}

registerProcessor('minus-one-mixer', MixerProcessor)
