import { type ReadonlySignal, signal } from '@preact/signals'
import type { EditorVoice } from './editor-player.ts'

/** The server keeps one peak for 1,024 samples. */
const PEAK_MS = 1_024 / 44.1
const PEAKS_IN_PART = 1_024
const PART_MS = PEAKS_IN_PART * PEAK_MS
/** A quieter voice than this, of 255, is not drawn at full height: it may be what other stems left in the track. */
const LEAST_LOUDEST = 30

/** Peaks of the voice, fetched in parts of the song when they are shown. */
export class VoicePeaks {
  readonly #voice: EditorVoice
  readonly #parts = new Map<number, readonly number[]>()
  readonly #loads = signal(0)
  #loudest = LEAST_LOUDEST

  /** Grows when a part has come. */
  readonly loads: ReadonlySignal<number> = this.#loads

  constructor(voice: EditorVoice) {
    this.#voice = voice
  }

  /** Fetches what a window shows, if it is not there yet. A part that fails is asked for again when it is shown next. */
  load(startMs: number, endMs: number): void {
    for (let part = Math.max(0, Math.floor(startMs / PART_MS)); part * PART_MS < endMs; part++) {
      if (this.#parts.has(part)) continue
      this.#parts.set(part, [])
      const range = { startMs: part * PART_MS, endMs: (part + 1) * PART_MS, bins: PEAKS_IN_PART }
      this.#voice.peaks(range).then(
        (peaks) => {
          this.#parts.set(part, peaks)
          this.#loudest = peaks.reduce((most, peak) => Math.max(most, peak), this.#loudest)
          this.#loads.value++
        },
        () => this.#parts.delete(part),
      )
    }
  }

  /** The level at a time, from 0 to 1 for the loudest that has come: between two peaks it is a line. */
  at(ms: number): number {
    const place = Math.max(0, ms / PEAK_MS - 0.5)
    const index = Math.floor(place)
    const share = place - index
    return (this.#peak(index) * (1 - share) + this.#peak(index + 1) * share) / this.#loudest
  }

  #peak(index: number): number {
    return this.#parts.get(Math.floor(index / PEAKS_IN_PART))?.[index % PEAKS_IN_PART] ?? 0
  }
}
