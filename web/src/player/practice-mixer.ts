import { AS_RECORDED, isAsRecorded, type Practice } from '../../../src/song/practice-settings.ts'
import { FadeOut, fadeOut } from './fade-out.ts'
import { type Command, Mixer, type Report } from './mixer.ts'
import type { Place } from './place.ts'
import { type Engine, Stretcher } from './stretcher.ts'

export type PracticeCommand = Command | ({ kind: 'practice' } & Practice)

/**
 * The mixer, followed by the stretcher if key or tempo are changed. If they are not, the stretcher is bypassed, and every
 * sample is that of the mixer.
 */
export class PracticeMixer {
  readonly #mixer = new Mixer()
  readonly #sampleRate: number
  #stretcher: Stretcher | null = null
  #practice = AS_RECORDED
  readonly #fadeOut = new FadeOut()
  #isPausing = false
  #samplesAfterEnd = 0

  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate
  }

  /** Call it once the engine is loaded. Until then the sound is as recorded. */
  use(engine: Engine): void {
    this.#stretcher = new Stretcher({ engine, source: this.#mixer, sampleRate: this.#sampleRate })
    this.#stretcher.set(this.#practice)
    this.#restart(this.#mixer.place)
  }

  get needsEngine(): boolean {
    return this.#stretcher === null && !isAsRecorded(this.#practice)
  }

  apply(command: PracticeCommand): void {
    const stretcher = this.#active
    if (command.kind === 'practice') this.#change(command)
    else if (command.kind === 'pause' && stretcher?.isPrimed) this.#isPausing = true
    else if (command.kind === 'seek' && stretcher) {
      this.#fadeOutHeard()
      this.#restart({ ...stretcher.place, position: command.position })
    } else {
      this.#mixer.apply(command)
      if (command.kind === 'play') this.#isPausing = false
      if (command.kind === 'open') stretcher?.reset()
    }
  }

  render(left: Float32Array, right: Float32Array): void {
    const stretcher = this.#active
    if (stretcher) this.#stretch(stretcher, left, right)
    else this.#mixer.render(left, right)
    this.#fadeOut.addTo(left, right)
  }

  report(): Report {
    const report = this.#mixer.report()
    const stretcher = this.#active
    if (!stretcher?.isPrimed) return report
    const status = report.status === 'ended' ? 'playing' : report.status
    return { ...report, ...stretcher.place, status }
  }

  get #active(): Stretcher | null {
    return isAsRecorded(this.#practice) ? null : this.#stretcher
  }

  #change({ semitones, tempo }: Practice): void {
    const before = this.#active
    const { place } = before?.isPrimed ? before : this.#mixer
    const isBypassed = isAsRecorded({ semitones, tempo }) || !this.#stretcher
    // It restarts only when the stretcher comes into use or is bypassed, not from one changed key or tempo to another.
    const isRestart = isBypassed === (before !== null)
    if (isRestart) this.#fadeOutHeard()
    this.#practice = { semitones, tempo }
    this.#stretcher?.set(this.#practice)
    if (isRestart) this.#restart(place)
  }

  #restart(place: Place): void {
    if (this.#isPausing) this.#mixer.apply({ kind: 'pause' })
    this.#isPausing = false
    this.#stretcher?.reset()
    this.#mixer.moveTo(place)
  }

  /** Lets what is heard now end in a fade. Call it before a jump. */
  #fadeOutHeard(): void {
    const stretcher = this.#active
    const source = stretcher ?? this.#mixer
    if (stretcher ? !stretcher.isPrimed : !this.#mixer.isActive) return
    this.#fadeOut.begin((left, right) => {
      source.render(left, right)
      fadeOut(left, right)
    })
  }

  #stretch(stretcher: Stretcher, left: Float32Array, right: Float32Array): void {
    left.fill(0)
    right.fill(0)
    if (!this.#mixer.isActive && !stretcher.isPrimed) return
    stretcher.render(left, right)
    if (this.#isPausing) {
      fadeOut(left, right)
      this.#restart(stretcher.place)
    }
    // The mixer reaches the end of the song before it is heard.
    this.#samplesAfterEnd = this.#mixer.isActive ? 0 : this.#samplesAfterEnd + left.length
    if (this.#samplesAfterEnd * this.#practice.tempo > stretcher.latency) stretcher.reset()
  }
}
