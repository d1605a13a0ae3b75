import { SAMPLE_RATE } from '../audio/pcm.ts'
import { expectedSamples } from '../listen/answers.ts'
import type { Song } from '../store/songs.ts'
import type { Quota } from './quota.ts'
import { songBytes } from './song-size.ts'

/** Files are a little longer than they say: encoders fill their last frame. */
const NOT_COUNTED_SAMPLES = SAMPLE_RATE
const STEP_SAMPLES = 30 * SAMPLE_RATE

/** A song that proves longer than its file said asks for the room of half a minute at a time. */
export class SongGrowth {
  readonly #quota: Quota
  readonly #song: Song
  #admittedSamples: number

  constructor(quota: Quota, song: Song) {
    this.#quota = quota
    this.#song = song
    this.#admittedSamples = expectedSamples(song)
  }

  /** To be called when so many samples are decoded. Throws a UserError (507) where there is no room for more. */
  async to(samples: number): Promise<void> {
    while (samples > this.#admittedSamples + NOT_COUNTED_SAMPLES) {
      const bytes = this.#bytesOf(this.#admittedSamples + STEP_SAMPLES) - this.#bytesOf(this.#admittedSamples)
      await this.#quota.admit({ what: 'the rest of this song', bytes, begin: () => undefined })
      this.#admittedSamples += STEP_SAMPLES
    }
  }

  #bytesOf(samples: number): number {
    return songBytes({ plan: this.#song.plan, samples, mixes: 1 })
  }
}
