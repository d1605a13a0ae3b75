import { type Command, Mixer } from './mixer.ts'

// What an AudioWorklet has beside the language (Web Audio API, 1.32.3); TypeScript's libraries do not name it.
declare class AudioWorkletProcessor {
  readonly port: MessagePort
}
declare function registerProcessor(name: string, processor: typeof AudioWorkletProcessor): void

/** About 20 reports a second. */
const REPORT_EVERY = 17

/** The mixer in the audio thread. */
class Clock extends AudioWorkletProcessor {
  readonly #mixer = new Mixer()
  #blocks = 0

  constructor() {
    super()
    this.port.onmessage = ({ data }: MessageEvent<Command>) => {
      this.#mixer.apply(data)
      if (data.kind !== 'load' && data.kind !== 'drop') this.#blocks = 0
    }
  }

  process(_inputs: unknown, [output]: Float32Array[][]): boolean {
    const [left, right] = output ?? []
    if (left && right) this.#mixer.render(left, right)
    if (this.#blocks++ % REPORT_EVERY === 0) this.port.postMessage(this.#mixer.report())
    return true
  }
}

registerProcessor('minus-one-clock', Clock)
