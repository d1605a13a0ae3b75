import { effect, signal, untracked } from '@preact/signals'
import type { PracticeSettings } from '../../../src/song/practice-settings.ts'
import { AS_RECORDED, type Practice } from '../../../src/song/practice-settings.ts'
import { showFailure } from '../notice.ts'
import type { SongSettings } from '../settings/song-settings.ts'
import { type Loop, SAMPLE_RATE } from './mixer.ts'

/** Raises the tempo by `stepPercent` points each time that the loop is repeated, until it is `targetTempo`; 1 is as recorded. */
export type Trainer = { stepPercent: number; targetTempo: number }

/** How the mixer learns of a change. */
type MixerLink = { sendLoop(loop: Loop | null): void; sendPractice(practice: Practice): Promise<void> }

/**
 * How the open song is practised: its loop, key and tempo, which are those of its settings, and the loop trainer. The tempo that
 * the trainer has reached is saved nowhere: another loop, or another visit, begins at the user's tempo.
 */
export class SongPractice {
  readonly loop = signal<Loop | null>(null)
  readonly practice = signal<Practice>(AS_RECORDED)
  readonly trainer = signal<Trainer | null>(null)
  /** How often the loop has been repeated since it was set. */
  readonly passes = signal(0)
  readonly #mixer: MixerLink
  readonly #settings: SongSettings
  readonly #musicId = signal<number | null>(null)
  /** How many passes the mixer has reported since the song was opened. */
  #reportedPasses = 0
  /** Key and tempo of the settings. The trainer begins at this tempo, or at the one when it was turned on. */
  #chosen: Practice = AS_RECORDED

  constructor(settings: SongSettings, mixer: MixerLink) {
    this.#mixer = mixer
    this.#settings = settings
    effect(() => {
      const [isOn, practice] = [this.trainer.value !== null, this.practice.peek()]
      if (isOn) this.#chosen = { ...this.#chosen, tempo: practice.tempo }
      else if (practice.tempo !== this.#chosen.tempo)
        untracked(() => this.#play({ ...practice, tempo: this.#chosen.tempo }))
    })
    effect(() => this.#followSettings())
  }

  /** Takes over the settings of a song that is being opened. The mixer is told by whoever opens it. */
  open(musicId: number): void {
    if (this.#musicId.peek() !== musicId) this.trainer.value = null
    this.#reportedPasses = 0
    this.passes.value = 0
    const settings = this.#settings.of(musicId).peek()
    this.loop.value = loopOf(settings)
    this.practice.value = practiceOf(settings)
    this.#chosen = this.practice.value
    this.#musicId.value = musicId
  }

  close(): void {
    this.#musicId.value = null
    this.loop.value = null
    this.trainer.value = null
    this.passes.value = 0
  }

  /** Key and tempo of any song, as the user has set them. */
  practiceOf(musicId: number): Practice {
    return practiceOf(this.#settings.of(musicId).peek())
  }

  setLoop(musicId: number, loop: Loop | null): void {
    const inSeconds = loop && { start: loop.start / SAMPLE_RATE, end: loop.end / SAMPLE_RATE }
    this.#settings.change(musicId, { loop: inSeconds })
  }

  setPractice(musicId: number, { semitones, tempo }: Partial<Practice>): void {
    this.#settings.change(musicId, {
      ...(semitones === undefined ? {} : { semitones }),
      ...(tempo === undefined ? {} : { tempo }),
    })
  }

  /** Call it with each report. @param reported the mixer's passes since the song was opened, of any loop */
  countPasses(reported: number): void {
    const more = reported - this.#reportedPasses
    if (more <= 0) return
    this.#reportedPasses = reported
    this.passes.value += more
    const [trainer, practice] = [this.trainer.value, this.practice.value]
    if (!trainer || practice.tempo >= trainer.targetTempo) return
    const raised = Math.round(100 * practice.tempo + more * trainer.stepPercent) / 100
    this.#play({ ...practice, tempo: Math.min(trainer.targetTempo, raised) })
  }

  /** An effect: plays what this page, another page or the server changed in the settings of the open song. */
  #followSettings(): void {
    const musicId = this.#musicId.value
    if (musicId === null) return
    const settings = this.#settings.of(musicId).value
    untracked(() => {
      this.#followPractice(practiceOf(settings))
      this.#followLoop(loopOf(settings))
    })
  }

  #followPractice(chosen: Practice): void {
    const { semitones, tempo } = this.#chosen
    if (semitones === chosen.semitones && tempo === chosen.tempo) return
    this.#chosen = chosen
    this.#play(tempo === chosen.tempo ? { ...this.practice.value, semitones: chosen.semitones } : chosen)
  }

  #followLoop(loop: Loop | null): void {
    const before = this.loop.value
    if (before?.start === loop?.start && before?.end === loop?.end) return
    this.loop.value = loop
    this.passes.value = 0
    this.#mixer.sendLoop(loop)
    if (this.trainer.value) this.#play({ ...this.practice.value, tempo: this.#chosen.tempo })
  }

  #play(practice: Practice): void {
    this.practice.value = practice
    showFailure(this.#mixer.sendPractice(practice))
  }
}

function practiceOf({ semitones, tempo }: PracticeSettings): Practice {
  return { semitones, tempo }
}

/** The loop of a song's settings, in samples. */
export function loopOf({ loop }: PracticeSettings): Loop | null {
  return loop && { start: Math.round(loop.start * SAMPLE_RATE), end: Math.round(loop.end * SAMPLE_RATE) }
}
