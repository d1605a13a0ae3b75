import { SAMPLE_RATE } from './mixer.ts'
import { type Output, type OutputListener, openOutput } from './output.ts'

/** The time that a browser may take until sound begins, with or without a press. Wireless headphones are slow. */
const ALLOWED_WITHIN_MS = 500
const PRESSED_WITHIN_MS = 2_000
const WANTS_CLICK = 'The browser wants a click before it lets a page sound: press Play.'
const NO_SOUND = 'No sound comes. See to the loudspeakers or headphones, then press Play again.'

/** @property onLoss the sound stopped from outside */
export type AudioListener = OutputListener & { onLoss(): void }

/**
 * The browser's audio, with our mixer in it. The system may stop it at any time, for example for a call or when headphones are
 * unplugged. A browser may also refuse to start it without a press. After that some browsers continue only after a press, and
 * others only in a new AudioContext.
 */
export class AudioSession {
  readonly context = new AudioContext({ sampleRate: SAMPLE_RATE, latencyHint: 'interactive' })
  readonly output: Promise<Output>
  #reported = Promise.withResolvers<true>()
  #isClosed = false

  constructor({ onReport, onLoss, onFault }: AudioListener) {
    const unlessClosed = (notify: () => void) => {
      if (!this.#isClosed) notify()
    }
    this.context.onstatechange = () => {
      if (this.context.state !== 'running') unlessClosed(onLoss)
    }
    this.output = openOutput(this.context, {
      onReport: (report) => {
        if (this.context.state === 'running') this.#reported.resolve(true)
        unlessClosed(() => onReport(report))
      },
      onFault: () => unlessClosed(onFault),
    })
    this.output.catch(() => unlessClosed(onFault))
  }

  /** Asks the browser for sound. Call it in the handler of a press, before any await. */
  wake(): void {
    // Some browsers never settle this promise. `whySilent` finds out whether sound began.
    this.context.resume().catch(() => undefined)
  }

  /** Waits for the audio thread to report. Resolves to the reason if it does not; empty if it does. */
  async whySilent({ isPressed }: { isPressed: boolean }): Promise<string> {
    this.#reported = Promise.withResolvers()
    const { promise: late, resolve } = Promise.withResolvers<false>()
    const timer = setTimeout(() => resolve(false), isPressed ? PRESSED_WITHIN_MS : ALLOWED_WITHIN_MS)
    const hasSound = await Promise.race([this.#reported.promise, late]).finally(() => clearTimeout(timer))
    if (hasSound) return ''
    return isPressed ? NO_SOUND : WANTS_CLICK
  }

  close(): void {
    this.#isClosed = true
    this.context.close().catch(() => undefined)
  }
}
