import { effect, signal } from '@preact/signals'
import { songStorage } from '../browser-storage.ts'
import type { Loop } from './mixer.ts'
import { AS_RECORDED, type Practice } from './stretcher.ts'

/** Raises the tempo by `stepPercent` points each time that the loop is repeated, until it is `targetTempo`; 1 is as recorded. */
export type Trainer = { stepPercent: number; targetTempo: number }

/** How the mixer learns of a change. */
type Mixer = { sendLoop(loop: Loop | null): void; sendPractice(practice: Practice): Promise<void> }

/**
 * How the open song is practised: its loop, key and tempo, and the loop trainer. Loop, key and tempo of every song are kept in
 * the browser. The tempo that the trainer has reached is not: another loop, or another visit, begins at the user's tempo.
 */
export class SongPractice {
  readonly loop = signal<Loop | null>(null)
  readonly practice = signal<Practice>(AS_RECORDED)
  readonly trainer = signal<Trainer | null>(null)
  /** How often the loop has been repeated since it was set. */
  readonly passes = signal(0)
  readonly #mixer: Mixer
  readonly #loops = songStorage<Loop>('loop')
  readonly #practices = songStorage<Practice>('practice')
  #musicId: number | null = null
  /** How many passes the mixer has reported since the song was opened. */
  #reportedPasses = 0
  /** The tempo that the user has chosen, from which the trainer begins. */
  #userTempo = AS_RECORDED.tempo

  constructor(mixer: Mixer) {
    this.#mixer = mixer
    effect(() => {
      if (this.trainer.value) this.#userTempo = this.practice.peek().tempo
    })
  }

  /** Reads what is kept of a song that is being opened. */
  open(musicId: number): void {
    if (this.#musicId !== musicId) this.trainer.value = null
    this.#musicId = musicId
    this.#reportedPasses = 0
    this.passes.value = 0
    this.loop.value = this.#loops.get(musicId)
    this.practice.value = this.#practices.get(musicId) ?? AS_RECORDED
    this.#userTempo = this.practice.value.tempo
  }

  close(): void {
    this.#musicId = null
    this.loop.value = null
    this.trainer.value = null
    this.passes.value = 0
  }

  /** Key and tempo of any song, as the user has set them. */
  practiceOf(musicId: number): Practice {
    if (musicId === this.#musicId) return { ...this.practice.value, tempo: this.#userTempo }
    return this.#practices.get(musicId) ?? AS_RECORDED
  }

  async setLoop(musicId: number, loop: Loop | null): Promise<void> {
    this.#loops.set(musicId, loop)
    if (musicId !== this.#musicId) return
    const before = this.loop.value
    this.loop.value = loop
    if (before?.start === loop?.start && before?.end === loop?.end) return
    this.passes.value = 0
    this.#mixer.sendLoop(loop)
    if (this.trainer.value) await this.#play({ ...this.practice.value, tempo: this.#userTempo })
  }

  async setPractice(musicId: number, changes: Partial<Practice>): Promise<void> {
    const kept = { ...this.practiceOf(musicId), ...changes }
    this.#practices.set(musicId, kept)
    if (musicId !== this.#musicId) return
    this.#userTempo = kept.tempo
    await this.#play({ ...this.practice.value, ...changes })
  }

  /** Call it with each report. @param reported the mixer's passes since the song was opened, of any loop */
  async countPasses(reported: number): Promise<void> {
    const more = reported - this.#reportedPasses
    if (more <= 0) return
    this.#reportedPasses = reported
    this.passes.value += more
    const [trainer, practice] = [this.trainer.value, this.practice.value]
    if (!trainer || practice.tempo >= trainer.targetTempo) return
    const raised = Math.round(100 * practice.tempo + more * trainer.stepPercent) / 100
    await this.#play({ ...practice, tempo: Math.min(trainer.targetTempo, raised) })
  }

  async #play(practice: Practice): Promise<void> {
    this.practice.value = practice
    await this.#mixer.sendPractice(practice)
  }
}
