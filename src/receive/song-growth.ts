import { SAMPLE_RATE } from '../audio/pcm.ts'
import { songBytes } from '../song/song-size.ts'
import type { Quota } from '../store/quota.ts'
import { expectedSamples, type Song } from '../store/songs.ts'

/** Files are a little longer than they announce: encoders fill their last frame. */
const TOLERATED_SAMPLES = SAMPLE_RATE
const STEP_SAMPLES = 30 * SAMPLE_RATE

/** Asks for more room, half a minute at a time, for a song that proves longer than its file announced. */
export class SongGrowth {
  readonly #quota: Quota
  readonly #song: Song
  #admittedSamples: number

  constructor(quota: Quota, song: Song) {
    this.#quota = quota
    this.#song = song
    this.#admittedSamples = expectedSamples(song)
  }

  /** Call it when so many samples are decoded. Throws a UserError (507) where there is no room for more. */
  async to(samples: number): Promise<void> {
    while (samples > this.#admittedSamples + TOLERATED_SAMPLES) {
      const bytes = this.#bytesOf(this.#admittedSamples + STEP_SAMPLES) - this.#bytesOf(this.#admittedSamples)
      await this.#quota.admit({ what: 'the rest of this song', bytes, begin: () => undefined })
      this.#admittedSamples += STEP_SAMPLES
    }
  }

  #bytesOf(samples: number): number {
    return songBytes({ plan: this.#song.plan, samples, mixes: 1 })
  }
}
