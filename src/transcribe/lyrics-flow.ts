import pLimit from 'p-limit'
import type { Log } from '../log.ts'
import type { TransientFault } from '../platform/transient-fault.ts'
import { messageOf, UserError } from '../song/errors.ts'
import { timingOf } from '../song/lyrics.ts'
import type { LyricsWorkRequest } from '../song/lyrics-work.ts'
import { voiceStem } from '../song/plan.ts'
import type { LedgerChange } from '../store/ledger/ledger-changes.ts'
import { songsWithLyricsWork, storedLyricsWork } from '../store/queries/lyrics-tasks.ts'
import { getSong, type Song, songsInWork } from '../store/queries/songs.ts'
import { beginLyricsWork, endLyricsWork, failLyricsWork } from '../store/transitions/lyrics-work.ts'
import { SongTasks } from '../tasks/song-tasks.ts'
import { type AdvanceOptions, advanceWork, type LyricsInUse } from './advance-work.ts'
import { VoiceMemory } from './voice-memory.ts'

export type LyricsFlowOptions = Omit<AdvanceOptions, 'voices'> & {
  log: Log
  /** The setting LYRICS. */
  mode: 'auto' | 'ask' | 'off'
  /** Mixes stereo sound down to mono at TASK_SAMPLE_RATE. */
  toMono(stereo: Int16Array): Float32Array
  transientFaultOf(error: unknown): TransientFault | null
  /** Resolves when a song's files may be read. */
  whenChecked(songId: number): Promise<void>
}

/**
 * Runs the work on lyrics: it follows the voice of a song while that is separated, adds jobs, and turns their results into lyrics.
 * Everything that it knows is in the ledger, or follows from the voice. So it continues after a restart where it was.
 */
export class LyricsFlow {
  readonly #options: LyricsFlowOptions
  readonly #tasks: SongTasks
  readonly #voices: VoiceMemory
  /** One song at a time: this is work of the server's own thread. */
  readonly #limit = pLimit(1)
  /** Songs that will be looked at, but are not looked at yet. Further changes of them need no further look. */
  readonly #queued = new Set<number>()

  constructor(options: LyricsFlowOptions) {
    this.#options = options
    this.#voices = new VoiceMemory(options.rules, (stereo) => options.toMono(stereo))
    this.#tasks = new SongTasks({
      onFault: (songId, error) => this.#failFrom(songId, error),
      transientFaultOf: (error) => options.transientFaultOf(error),
    })
  }

  /** Begins work that somebody asks for. Throws a UserError if it cannot be done. */
  request(songId: number, { kind, language }: LyricsWorkRequest): void {
    const { mode } = this.#options
    const song = this.#songOf(songId)
    if (mode === 'off') {
      throw new UserError('Words are switched off on this server (LYRICS=off).', { code: 'lyrics-off' })
    }
    const { lyrics, revision } = this.#options.lyricsInUse(songId)
    if (kind === 'align' && !lyrics) {
      throw new UserError('The song has no text yet. Paste one, or let it be transcribed.', { code: 'no-text' })
    }
    const obstacle = this.#obstacleTo(song)
    if (obstacle) throw new UserError(obstacle, { code: 'no-voice' })
    this.#begin(songId, { kind, language }, { lyrics: kind === 'align' ? lyrics : null, revision })
  }

  /** Ends the work on a song's lyrics. Returns false if there was none. */
  cancel(songId: number): boolean {
    return endLyricsWork(this.#options.db, songId)
  }

  /** Must be called with every change of the ledger. */
  note(changes: readonly LedgerChange[]): void {
    for (const change of changes) {
      switch (change.kind) {
        case 'lyrics-work-changed':
        case 'block-final':
          this.#advanceSoon(change.songId)
          break
        case 'lyrics-changed':
          this.#endIfSuperseded(change.songId)
          this.#beginByItself(change.songId)
          break
        case 'song-changed':
          this.#beginByItself(change.songId)
          this.#advanceSoon(change.songId)
          break
        case 'song-renewed':
          // Blocks may be made anew.
          this.#voices.forget(change.songId)
          this.#advanceSoon(change.songId)
          break
        case 'song-deleted':
          this.#voices.forget(change.songId)
          break
        default:
      }
    }
  }

  /** Continues all work after a start. */
  resumeAll(): void {
    const { db, mode } = this.#options
    if (mode === 'off') return
    for (const { id } of songsInWork(db)) this.#beginByItself(id)
    for (const songId of songsWithLyricsWork(db)) this.#advanceSoon(songId)
  }

  /** Stops the server's own work on a song. Resolves when nothing uses its files any more. */
  stop(songId: number): Promise<void> {
    return this.#tasks.stop(songId)
  }

  close(): Promise<void> {
    return this.#tasks.close()
  }

  /** Begins what nobody has to ask for: the alignment of a text without word times, and the transcription of a song without a text. */
  #beginByItself(songId: number): void {
    const { db, mode, lyricsInUse } = this.#options
    if (mode !== 'auto' || storedLyricsWork(db, songId)) return
    const song = getSong(db, songId)
    if (!song || !(song.state === 'separating' || song.state === 'separated') || this.#obstacleTo(song)) return
    const { lyrics, revision } = lyricsInUse(songId)
    // Somebody who uses no lyrics any more wants none.
    const wantsTranscript = lyrics === null && revision === 0 && song.state === 'separating'
    const wantsTimes = lyrics !== null && timingOf(lyrics) !== 'words'
    if (!wantsTranscript && !wantsTimes) return
    const kind = wantsTimes ? 'align' : 'transcribe'
    this.#begin(songId, { kind, language: lyrics?.language ?? null }, { lyrics, revision })
  }

  /** Ends the work if somebody has changed the lyrics since it began. What the work itself saves has its revision. */
  #endIfSuperseded(songId: number): void {
    const { db, lyricsInUse } = this.#options
    const work = storedLyricsWork(db, songId)
    if (work && work.revision !== lyricsInUse(songId).revision) endLyricsWork(db, songId)
  }

  #begin(songId: number, request: LyricsWorkRequest, { lyrics, revision }: LyricsInUse): void {
    const { db, log } = this.#options
    beginLyricsWork(db, { songId, ...request, lyrics, revision })
    log.info(
      { songId },
      `Server: Music[${songId}] - ${request.kind === 'align' ? 'its words are placed' : 'its words are heard'}.`,
    )
  }

  #advanceSoon(songId: number): void {
    const { db, mode, whenChecked } = this.#options
    if (mode === 'off' || this.#queued.has(songId)) return
    const work = storedLyricsWork(db, songId)
    if (!work || work.reason !== null) return
    this.#queued.add(songId)
    this.#tasks.run({
      songId,
      limit: this.#limit,
      after: whenChecked(songId),
      work: async (signal) => {
        this.#queued.delete(songId)
        const song = getSong(db, songId)
        if (song) await advanceWork({ ...this.#options, voices: this.#voices, song, signal })
      },
      onEnd: () => this.#queued.delete(songId),
    })
  }

  /** Why the words of a song cannot be heard; null if they can. */
  #obstacleTo({ plan, model }: Song): string | null {
    if (!voiceStem(plan)) return `The model ${model} separates no voice, so the words cannot be heard.`
    if (!this.#options.speechModel()) return 'No model that hears words is installed.'
    return null
  }

  #songOf(songId: number): Song {
    const song = getSong(this.#options.db, songId)
    if (song) return song
    throw new UserError(`Music not found: there is no song ${songId}.`, { code: 'music-not-found' })
  }

  #failFrom(songId: number, error: unknown): void {
    const { db, log } = this.#options
    if (!(error instanceof UserError))
      log.error({ err: error }, `Server: Music[${songId}] - a fault in the work on its words.`)
    failLyricsWork(db, { songId, reason: messageOf(error) })
  }
}
