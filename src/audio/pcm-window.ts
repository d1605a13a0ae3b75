import { CHANNELS, samplesOf } from '../song/pcm.ts'

/** The part of a song that is in memory. `append` extends its end, `dropBefore` moves its start. */
export class PcmWindow {
  #samples = new Int16Array(0)
  #startSample = 0
  #endSample = 0

  /** The end of the window: the number of samples that have been appended. */
  get endSample(): number {
    return this.#endSample
  }

  append(bytes: Buffer): void {
    const added = samplesOf(bytes)
    const held = (this.#endSample - this.#startSample) * CHANNELS
    if (held + added.length > this.#samples.length) {
      const larger = new Int16Array(2 * (held + added.length))
      larger.set(this.#samples.subarray(0, held))
      this.#samples = larger
    }
    this.#samples.set(added, held)
    this.#endSample += added.length / CHANNELS
  }

  /** A copy of the span, with zeros outside the song. Throws when part of it has been dropped. */
  read({ startSample, samples }: { startSample: number; samples: number }): Int16Array {
    const from = Math.max(0, startSample)
    const to = Math.min(startSample + samples, this.#endSample)
    if (from < this.#startSample) throw new Error(`Sample ${from} is gone: the window starts at ${this.#startSample}.`)
    const span = new Int16Array(samples * CHANNELS)
    if (to <= from) return span
    const held = this.#samples.subarray((from - this.#startSample) * CHANNELS, (to - this.#startSample) * CHANNELS)
    span.set(held, (from - startSample) * CHANNELS)
    return span
  }

  dropBefore(sample: number): void {
    const start = Math.min(Math.max(sample, this.#startSample), this.#endSample)
    const moved = (start - this.#startSample) * CHANNELS
    this.#samples.copyWithin(0, moved, (this.#endSample - this.#startSample) * CHANNELS)
    this.#startSample = start
  }
}
