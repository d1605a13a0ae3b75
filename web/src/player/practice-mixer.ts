import { type Command, Mixer, type Report } from './mixer.ts'
import { AS_RECORDED, type Engine, isAsRecorded, type Practice, Stretcher } from './stretcher.ts'

export type PracticeCommand = Command | ({ kind: 'practice' } & Practice)

/** As long as the mixer's ramps. */
const FADE_SAMPLES = 220

/**
 * The mixer, followed by the stretcher if key or tempo are changed. If they are not, the stretcher is bypassed, and every
 * sample is that of the mixer.
 */
export class PracticeMixer {
  readonly #mixer = new Mixer()
  readonly #sampleRate: number
  #stretcher: Stretcher | null = null
  #practice = AS_RECORDED
  #isPausing = false
  #samplesAfterEnd = 0

  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate
  }

  /** Call it once the engine is loaded. Until then the sound is as recorded. */
  use(engine: Engine): void {
    this.#stretcher = new Stretcher({ engine, source: this.#mixer, sampleRate: this.#sampleRate })
    this.#stretcher.set(this.#practice)
    this.#restart(this.#mixer.position)
  }

  get needsEngine(): boolean {
    return this.#stretcher === null && !isAsRecorded(this.#practice)
  }

  apply(command: PracticeCommand): void {
    if (command.kind === 'practice') this.#change(command)
    else if (command.kind === 'pause' && this.#active?.isPrimed) this.#isPausing = true
    else {
      this.#mixer.apply(command)
      if (command.kind === 'play') this.#isPausing = false
      if (command.kind === 'seek' || command.kind === 'open') this.#active?.reset()
    }
  }

  render(left: Float32Array, right: Float32Array): void {
    const stretcher = this.#active
    if (!stretcher) {
      this.#mixer.render(left, right)
      return
    }
    left.fill(0)
    right.fill(0)
    if (!this.#mixer.isActive && !stretcher.isPrimed) return
    stretcher.render(left, right)
    if (this.#isPausing) this.#fadeOut(left, right)
    // The mixer reaches the end of the song before it is heard.
    this.#samplesAfterEnd = this.#mixer.isActive ? 0 : this.#samplesAfterEnd + left.length
    if (this.#samplesAfterEnd * this.#practice.tempo > stretcher.latency) stretcher.reset()
  }

  report(): Report {
    const report = this.#mixer.report()
    const stretcher = this.#active
    if (!stretcher?.isPrimed) return report
    const status = report.status === 'ended' ? 'playing' : report.status
    return { ...report, status, position: stretcher.position }
  }

  get #active(): Stretcher | null {
    return isAsRecorded(this.#practice) ? null : this.#stretcher
  }

  #change({ semitones, tempo }: Practice): void {
    const before = this.#active
    const position = before?.isPrimed ? before.position : this.#mixer.position
    this.#practice = { semitones, tempo }
    this.#stretcher?.set(this.#practice)
    // It restarts only when the stretcher comes into use or is bypassed, not from one changed key or tempo to another.
    if (before !== this.#active) this.#restart(position)
  }

  #restart(position: number): void {
    this.#stretcher?.reset()
    this.#mixer.apply({ kind: 'seek', position })
  }

  #fadeOut(left: Float32Array, right: Float32Array): void {
    const stretcher = this.#active
    if (!stretcher) return
    for (let i = 0; i < left.length; i++) {
      const gain = Math.max(0, 1 - i / Math.min(FADE_SAMPLES, left.length))
      left[i] = (left[i] ?? 0) * gain
      right[i] = (right[i] ?? 0) * gain
    }
    const { position } = stretcher
    this.#isPausing = false
    this.#mixer.apply({ kind: 'pause' })
    this.#restart(position)
  }
}
