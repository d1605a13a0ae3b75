import { blockOf } from '../song/segment.ts'
import type { Database } from '../store/ledger/database.ts'
import type { Song } from '../store/queries/songs.ts'
import { countSteadyBlocks } from '../store/queries/voice.ts'
import type { Folders } from '../store/song-files/paths.ts'
import { readVoice } from '../store/song-files/voice-samples.ts'
import type { TimingRules, Voice } from './timing-rules.ts'

/** What is remembered of a voice takes some kilobytes a minute. */
const MAX_VOICES = 16

type Remembered = { voice: Voice; blocks: number }
/** @property untilSample how far the voice is known, from the song's beginning @property isWhole whether that is all of it */
export type HeardVoice = { voice: Voice; untilSample: number; isWhole: boolean }

/**
 * What the server has listened to of the voices of songs in work. It is kept in memory only: after a restart it listens again, which
 * takes some milliseconds for each block and gives the same.
 */
export class VoiceMemory {
  readonly #rules: Pick<TimingRules, 'newVoice'>
  readonly #toMono: (stereo: Int16Array) => Float32Array
  readonly #voices = new Map<number, Remembered>()

  /** @param toMono mixes stereo sound down to mono at TASK_SAMPLE_RATE */
  constructor(rules: Pick<TimingRules, 'newVoice'>, toMono: (stereo: Int16Array) => Float32Array) {
    this.#rules = rules
    this.#toMono = toMono
  }

  /** Listens to the blocks of the voice that have become final. */
  async listen({
    db,
    folders,
    song,
    signal,
  }: {
    db: Database
    folders: Folders
    song: Song
    signal: AbortSignal
  }): Promise<HeardVoice> {
    const known = this.#voices.get(song.id) ?? { voice: this.#rules.newVoice(), blocks: 0 }
    this.#remember(song.id, known)
    const { grid } = song.plan
    const last = countSteadyBlocks(db, song.id)
    while (known.blocks < last) {
      signal.throwIfAborted()
      const stereo = await readVoice({ folders, song, range: blockOf(grid, known.blocks, song.soundEndSample) })
      if (!stereo) throw new Error(`Music[${song.id}]: its voice ends before block ${known.blocks}.`)
      known.voice.push(this.#toMono(stereo))
      known.blocks++
    }
    const untilSample = Math.min(known.blocks * grid.strideSamples, song.soundEndSample)
    return { voice: known.voice, untilSample, isWhole: song.isDecoded && untilSample === song.samples }
  }

  forget(songId: number): void {
    this.#voices.delete(songId)
  }

  #remember(songId: number, known: Remembered): void {
    this.#voices.delete(songId)
    this.#voices.set(songId, known)
    const [oldest] = this.#voices.keys()
    if (this.#voices.size > MAX_VOICES && oldest !== undefined) this.#voices.delete(oldest)
  }
}
