import { type Listener, type Output, openOutput } from './output.ts'

export const SAMPLE_RATE = 44_100

/**
 * The browser's sound, with our mixer in it. It may be taken away at any time: by a call, by headphones that are pulled
 * out, by a browser that lets no page begin by itself. What was taken away some browsers give back to a press alone, and
 * some give nothing back to this context, only to a new one.
 */
export class Sound {
  readonly context = new AudioContext({ sampleRate: SAMPLE_RATE, latencyHint: 'interactive' })
  readonly output: Promise<Output>
  #answer = Promise.withResolvers<true>()
  #isClosed = false

  /** @param onReport is called about 20 times a second while there is sound */
  constructor({ onReport, onLoss, onFault }: Listener & { /** The sound stopped from outside. */ onLoss(): void }) {
    const unlessClosed = (what: () => void) => {
      if (!this.#isClosed) what()
    }
    this.context.onstatechange = () => {
      if (this.context.state !== 'running') unlessClosed(onLoss)
    }
    this.output = openOutput(this.context, {
      onReport: (report) => {
        if (this.context.state === 'running') this.#answer.resolve(true)
        unlessClosed(() => onReport(report))
      },
      onFault: () => unlessClosed(onFault),
    })
    this.output.catch(() => unlessClosed(onFault))
  }

  /** Asks the browser for sound: to be called in a press, before anything is waited for. */
  wake(): void {
    // What comes of it is seen by `comesWithin`: some browsers never settle this.
    this.context.resume().catch(() => undefined)
  }

  /** Whether the audio thread does what it was told. */
  async comesWithin(ms: number): Promise<boolean> {
    this.#answer = Promise.withResolvers()
    const { promise: late, resolve } = Promise.withResolvers<false>()
    const timer = setTimeout(() => resolve(false), ms)
    return Promise.race([this.#answer.promise, late]).finally(() => clearTimeout(timer))
  }

  close(): void {
    this.#isClosed = true
    this.context.close().catch(() => undefined)
  }
}
