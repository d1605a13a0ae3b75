import { isHeardAtOnce } from './mixer.ts'
import type { ClockReport } from './output.ts'
import { type PracticeCommand, PracticeMixer } from './practice-mixer.ts'
import type { Engine } from './stretcher.ts'

// What an AudioWorklet has beside the language (Web Audio API, 1.32.3); TypeScript's libraries do not name it.
declare class AudioWorkletProcessor {
  readonly port: MessagePort
}
declare function registerProcessor(name: string, processor: typeof AudioWorkletProcessor): void
declare const sampleRate: number

/** engine/capture.ts leaves it here once somebody wanted another key or tempo. */
const scope = globalThis as { stretchEngine?: () => Engine | null }

/** About 20 reports a second. */
const REPORT_EVERY = 17

/** The mixer in the audio thread. */
class Clock extends AudioWorkletProcessor {
  readonly #mixer = new PracticeMixer(sampleRate)
  #blocks = 0
  #applied = 0

  constructor() {
    super()
    this.port.onmessage = ({ data }: MessageEvent<PracticeCommand>) => {
      this.#mixer.apply(data)
      if (!isHeardAtOnce(data)) return
      this.#applied++
      this.#blocks = 0
    }
  }

  process(_inputs: unknown, [output]: Float32Array[][]): boolean {
    const [left, right] = output ?? []
    const engine = this.#mixer.needsEngine ? scope.stretchEngine?.() : null
    if (engine) this.#mixer.use(engine)
    if (left && right) this.#mixer.render(left, right)
    if (this.#blocks++ % REPORT_EVERY === 0) this.#report()
    return true
  }

  #report(): void {
    const report: ClockReport = { ...this.#mixer.report(), applied: this.#applied }
    this.port.postMessage(report, report.released)
  }
}

registerProcessor('minus-one-clock', Clock)
