import pLimit, { type LimitFunction } from 'p-limit'
import { recoverSong, redoJobs } from '../assemble/recover.ts'
import { finishStems, finishStretches, isWholeSongFinal } from '../assemble/stretches.ts'
import { expectedSamples } from '../listen/answers.ts'
import type { Incoming } from '../listen/services.ts'
import { confirmInputs } from '../receive/input.ts'
import { messageOf, UserError } from '../song/errors.ts'
import { countReadySegments } from '../song/segment.ts'
import { type Mix, markFileReady, type StoredFile, stemFile } from '../store/files.ts'
import { addJobs, jobsOfSong } from '../store/jobs.ts'
import { removePartials, removeWork } from '../store/paths.ts'
import {
  failSong,
  getSong,
  keepTracks,
  listSongs,
  markSeparated,
  reopenSong,
  retrySong,
  type Song,
} from '../store/songs.ts'
import type { Announcer } from './announcer.ts'
import { Arrivals, SOON_THERE_MS } from './arrivals.ts'
import type { ServerState } from './server-state.ts'
import { SongDecoding } from './song-decoding.ts'
import { SongMixing } from './song-mixing.ts'
import { SongTasks } from './song-tasks.ts'

/** Songs finished so shortly before a power cut may not be on the disk though the ledger says so. */
const RECENT_MS = 120_000

/**
 * A song's way through the rooms: received, decoded, sent out in jobs, assembled, mixed. Each step starts the next one;
 * after a restart `resume` finds for every song the step it was at.
 */
export class SongFlow {
  readonly #state: ServerState
  readonly #announcer: Announcer
  readonly #tasks: SongTasks
  readonly #arrivals: Arrivals
  readonly #decoding: SongDecoding
  readonly #assembling = pLimit(1)
  readonly #mixing: SongMixing

  constructor(state: ServerState, announcer: Announcer) {
    this.#state = state
    this.#announcer = announcer
    this.#tasks = new SongTasks({
      onFault: (songId, error) => this.#failFrom(songId, error),
      onDiskFull: (songId) =>
        state.log.error(`Server: Music[${songId}] - the disk is full; it goes on when there is room.`),
    })
    this.#mixing = new SongMixing({ state, announcer, tasks: this.#tasks })
    this.#decoding = new SongDecoding({
      state,
      announcer,
      tasks: this.#tasks,
      onDecoded: (songId) => this.#confirmAndFinish(songId),
    })
    this.#arrivals = new Arrivals({
      state,
      announcer,
      onMore: (songId) => this.#goOn(songId),
      onWhole: (song) => {
        this.#goOn(song.id)
        this.takeUp(song)
      },
      stop: (songId) => this.stop(songId),
    })
  }

  receive(incoming: Incoming): Promise<Song> {
    return this.#arrivals.receive(incoming)
  }

  /** Whether the rest of a file that is played already will be there in a moment. */
  get isRestComing(): boolean {
    return this.#arrivals.isRestComing
  }

  /** Asks for a mix of these tracks, and for the separation where it has not begun. */
  keep(song: Song, kept: readonly number[]): void {
    if (song.state === 'failed')
      throw new UserError(`Song ${song.id} failed: ${song.error}`, { code: 'song-failed', status: 405 })
    keepTracks(this.#state.db, { songId: song.id, kept })
    this.#announcer.progress(song.id)
    this.#announcer.song(song.id)
    if (song.state === 'added') this.#decoding.start(song.id)
    if (song.arrival !== null) this.#decoding.jump(song.id, 0)
    if (song.state === 'separated') this.#mixing.start(song.id)
  }

  /** Somebody listens there. */
  jump(songId: number, segment: number): void {
    const song = getSong(this.#state.db, songId)
    if (!song) return
    const needed = (segment + 2) * song.plan.grid.strideSamples
    const share = song.announcedSeconds === null ? 0 : Math.min(1, needed / expectedSamples(song))
    const waitMs = () => this.#arrivals.waitMs(songId, share)
    if (waitMs() < SOON_THERE_MS) this.#decoding.jump(songId, segment, () => waitMs() === 0)
  }

  /** There is more of a song's file: what its listeners wait for may be in it. */
  #goOn(songId: number): void {
    for (const playhead of this.#state.dispatch().playheads.list(Date.now())) {
      if (playhead.songId === songId) this.jump(songId, playhead.segment)
    }
    this.#state.dispatch().fillSoon()
  }

  /** To be called when a job's result has been stored. */
  assemble({ songId, segment }: { songId: number; segment: number }): void {
    this.#run(songId, this.#assembling, async () => {
      const song = getSong(this.#state.db, songId)
      if (!song) return
      const { db, folders } = this.#state
      if (song.isDecoded) await this.#confirm(song)
      const finished = await finishStretches({ db, folders, songId, segment })
      for (const index of finished) this.#announcer.stretch(songId, index)
      await this.#finishSong(songId)
    })
  }

  /** What was separated from a jump into the file is done again where the song's own decoding gave other samples. */
  async #confirm(song: Song): Promise<void> {
    const { db, folders, log } = this.#state
    const others = await confirmInputs({ db, folders, song })
    const open = await redoJobs({ db, folders, jobs: others })
    if (open.length === 0) return
    log.info(
      { songId: song.id },
      `Server: Music[${song.id}] - ${open.length} jobs are done again: decoded from its beginning it sounds a little different.`,
    )
    for (const segment of open) this.#announcer.segment(song.id, segment)
    this.#state.dispatch().fill()
  }

  fail(songId: number, reason: string): void {
    if (!failSong(this.#state.db, { songId, error: reason })) return
    this.#state.metrics.failedSongs.inc()
    this.#state.log.error({ songId }, `Server: Music[${songId}] - failed: ${reason}`)
    this.#announcer.song(songId)
    this.#announcer.progress(songId)
    void this.#tasks.stop(songId).then(() => removeWork(this.#state.folders, songId))
  }

  /** Begins a failed song anew; false when it has not failed. */
  retry(songId: number): boolean {
    if (!retrySong(this.#state.db, songId)) return false
    this.#state.log.info({ songId }, `Server: Music[${songId}] - is tried again.`)
    this.#announcer.whole(songId)
    this.#decoding.start(songId)
    return true
  }

  /** A mix with gains of its own; its file, ready soon. */
  mix(song: Song, mix: Mix): StoredFile {
    return this.#mixing.render(song, mix)
  }

  /** Ends the server's own work on a song; resolves when nobody touches its files any more. */
  stop(songId: number): Promise<void> {
    return this.#tasks.stop(songId)
  }

  /** Takes every song up where the last run of the server left it. */
  async resume(): Promise<void> {
    const { db, folders, log } = this.#state
    const songs = listSongs(db)
    const latest = Math.max(0, ...songs.map(({ separatedAt }) => separatedAt ?? 0))
    for (const song of songs) {
      const isRecent = song.state === 'separated' && (song.separatedAt ?? 0) >= latest - RECENT_MS
      if (song.state !== 'separating' && !isRecent) continue
      const broken = await recoverSong({ db, folders, song })
      if (broken > 0) log.warn(`Server: Music[${song.id}] - ${broken} results were lost and are done again.`)
      if (broken > 0 && song.state === 'separated') reopenSong(db, song.id)
    }
    for (const song of listSongs(db)) this.takeUp(song)
  }

  /** Goes on with a song that nobody works on. */
  takeUp(song: Song): void {
    if (song.state === 'separating') this.#resumeSeparation(song)
    if (song.state === 'separated') this.#mixing.takeUp(song)
  }

  close(): Promise<void> {
    return this.#tasks.close()
  }

  #resumeSeparation(song: Song): void {
    for (const { state, stretchSha256, segment } of jobsOfSong(this.#state.db, song.id)) {
      if (state === 'done' && stretchSha256 === null) this.assemble({ songId: song.id, segment })
    }
    if (!song.isDecoded) {
      this.#decoding.start(song.id)
      return
    }
    addJobs(this.#state.db, { songId: song.id, segments: countReadySegments(song.plan.grid, song.samples, true) })
    this.#confirmAndFinish(song.id)
  }

  #confirmAndFinish(songId: number): void {
    this.#run(songId, this.#assembling, async () => {
      const song = getSong(this.#state.db, songId)
      if (song?.isDecoded) await this.#confirm(song)
      await this.#finishSong(songId)
    })
  }

  /** Once every stretch is final: the stems become files, the song separated, the mix that was asked for is made. */
  async #finishSong(songId: number): Promise<void> {
    const { db, folders, log } = this.#state
    const song = getSong(db, songId)
    if (song?.state !== 'separating' || !isWholeSongFinal(db, song)) {
      if (song) this.#announcer.progress(songId)
      return
    }
    await finishStems({ folders, song })
    if (!markSeparated(db, songId)) return
    await removePartials(folders, songId)
    for (const track of song.tracks) markFileReady(db, stemFile(db, { songId, trackId: track.id }).id)
    const seconds = (Date.now() - (song.askedAt ?? Date.now())) / 1000
    log.info({ songId, seconds }, `Server: Music[${songId}] - separated in ${seconds.toFixed(2)}[s]`)
    this.#announcer.song(songId)
    this.#mixing.takeUp(song)
  }

  #run(songId: number, lane: LimitFunction, work: (signal: AbortSignal) => Promise<void>): void {
    this.#tasks.run({ songId, lane, work })
  }

  #failFrom(songId: number, error: unknown): void {
    if (!(error instanceof UserError)) this.#state.log.error({ err: error }, `Server: Music[${songId}] - a fault.`)
    this.fail(songId, error instanceof UserError ? error.message : `The server could not go on: ${messageOf(error)}`)
  }
}
