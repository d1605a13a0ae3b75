import { SAMPLE_RATE } from '../song/pcm.ts'
import { songBytes } from '../song/song-size.ts'
import type { Quota } from '../store/data-folder/quota.ts'
import { expectedSamples, type Song } from '../store/queries/songs.ts'

/** Files are slightly longer than announced, because encoders fill their last frame. */
const TOLERATED_SAMPLES = SAMPLE_RATE
const STEP_SAMPLES = 30 * SAMPLE_RATE

/** Requests more room, half a minute of sound at a time, for a song that is longer than its file announced. */
export class SongGrowth {
  readonly #quota: Quota
  readonly #song: Song
  #admittedSamples: number

  constructor(quota: Quota, song: Song) {
    this.#quota = quota
    this.#song = song
    this.#admittedSamples = expectedSamples(song)
  }

  /** Admits the song up to `samples` decoded samples. Throws a UserError (no-room) if there is no room. */
  async growTo(samples: number): Promise<void> {
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
