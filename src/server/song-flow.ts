import pLimit, { type LimitFunction } from 'p-limit'
import { finishBlocks, finishStems, isWholeSongFinal } from '../assemble/blocks.ts'
import { expectedSamples } from '../listen/answers.ts'
import type { Incoming } from '../listen/services.ts'
import { messageOf, UserError } from '../song/errors.ts'
import { countReadySegments } from '../song/segment.ts'
import { type Mix, markFileReady, mixFile, type StoredFile, stemFile } from '../store/files.ts'
import { addJobs, jobsOfSong } from '../store/jobs.ts'
import { removePartials, removeWork } from '../store/song-folder.ts'
import {
  failSong,
  getSong,
  keepTracks,
  listSongs,
  markSeparated,
  retrySong,
  type Song,
  secondsSince,
} from '../store/songs.ts'
import type { Announcer } from './announcer.ts'
import { Arrivals, SOON_THERE_MS } from './arrivals.ts'
import { confirmSong } from './confirm-song.ts'
import type { ServerState } from './server-state.ts'
import { SongChecks } from './song-checks.ts'
import { SongDecoding } from './song-decoding.ts'
import { SongMixing } from './song-mixing.ts'
import { SongTasks } from './song-tasks.ts'

/**
 * A song's way through the rooms: received, decoded, sent out in jobs, assembled, mixed. Each step starts the next one;
 * after a restart `resume` finds for every song the step it was at.
 */
export class SongFlow {
  readonly #state: ServerState
  readonly #announcer: Announcer
  readonly #tasks: SongTasks
  readonly #checks: SongChecks
  readonly #arrivals: Arrivals
  readonly #decoding: SongDecoding
  readonly #assembling = pLimit(1)
  readonly #takingUp = pLimit(Number.POSITIVE_INFINITY)
  readonly #mixing: SongMixing

  constructor(state: ServerState, announcer: Announcer) {
    this.#state = state
    this.#announcer = announcer
    this.#tasks = new SongTasks({
      onFault: (songId, error) => this.#failFrom(songId, error),
      passingFaultOf: (error) => state.faults.note(error),
    })
    this.#checks = new SongChecks(state, announcer)
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

  /**
   * Asks for a mix of these tracks, and for the separation where it has not begun. Resolves when that is kept for good.
   * Throws a UserError (507) where there is no room for it.
   */
  async keep(song: Song, kept: readonly number[]): Promise<void> {
    if (song.state === 'failed')
      throw new UserError(`Song ${song.id} failed: ${song.error}`, { code: 'song-failed', status: 405 })
    const { db, quota } = this.#state
    const begin = () => keepTracks(db, { songId: song.id, kept })
    if (song.state === 'added') await quota.admitSong(song, begin)
    else if (song.state === 'separated') await this.#mixing.admit(song, { kept, gains: {} }, begin)
    else begin()
    this.#announcer.progress(song.id)
    this.#announcer.song(song.id)
    if (song.state === 'added') this.#decoding.start(song.id)
    if (song.arrival !== null) this.#decoding.jump(song.id, 0)
    if (song.state === 'separated') this.#mixing.start(song.id)
    return this.#state.records.person(song.id)
  }

  /** Resolves when a song's files may be heard: after a start they are held against the ledger first. */
  whenChecked(songId: number): Promise<void> {
    return this.#checks.whenDoneNow(songId)
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
    for (const playhead of this.#state.scheduler.listening()) {
      if (playhead.songId === songId) this.jump(songId, playhead.segment)
    }
  }

  /** To be called when a job's result has been stored. */
  assemble({ songId, segment }: { songId: number; segment: number }): void {
    this.#run(songId, this.#assembling, async () => {
      const song = getSong(this.#state.db, songId)
      if (!song) return
      const { db, folders } = this.#state
      if (song.isDecoded) await confirmSong({ state: this.#state, announcer: this.#announcer, song })
      const finished = await finishBlocks({ db, folders, songId, segment })
      for (const index of finished) this.#announcer.block(songId, index)
      await this.#finishSong(songId)
    })
  }

  fail(songId: number, reason: string): void {
    if (!failSong(this.#state.db, { songId, error: reason })) return
    this.#state.metrics.failedSongs.inc()
    this.#state.log.error({ songId }, `Server: Music[${songId}] - failed: ${reason}`)
    this.#announcer.song(songId)
    this.#announcer.progress(songId)
    this.#tasks
      .stop(songId)
      .then(() => this.#state.faults.retry(() => removeWork(this.#state.folders, songId)))
      .catch((error: unknown) => this.#state.log.error({ err: error }, `Server: Music[${songId}] - its work stays.`))
  }

  /** Begins a failed song anew; false when it has not failed. Throws a UserError (507) where there is no room for it. */
  async retry(songId: number): Promise<boolean> {
    const { db, quota } = this.#state
    const song = getSong(db, songId)
    if (song?.state !== 'failed' || !(await quota.admitSong(song, () => retrySong(db, songId)))) return false
    this.#state.log.info({ songId }, `Server: Music[${songId}] - is tried again.`)
    this.#announcer.whole(songId)
    this.#decoding.start(songId)
    return true
  }

  /** A mix with gains of its own; its file, ready soon. */
  mix(song: Song, mix: Mix): Promise<StoredFile> {
    return this.#mixing.ask(song, mix)
  }

  /** Ends the server's own work on a song; resolves when nobody touches its files any more. */
  stop(songId: number): Promise<void> {
    return this.#tasks.stop(songId)
  }

  /** Takes every song up where the last life of the server left it, each when its files were held against the ledger. */
  resume(): void {
    for (const song of listSongs(this.#state.db)) this.takeUp(song)
  }

  /** Holds the files of songs against the ledger, behind the running server: of a hundred songs that takes half a minute. */
  async checkFiles(): Promise<void> {
    await this.#checks.runAll()
  }

  /** Goes on with a song that nobody works on. */
  takeUp({ id }: Song): void {
    const work = async (): Promise<void> => {
      const song = getSong(this.#state.db, id)
      if (song?.state === 'separating') this.#resumeSeparation(song)
      if (song?.state === 'separated') this.#mixing.takeUp(song)
    }
    this.#tasks.run({ songId: id, lane: this.#takingUp, work, after: this.#checks.whenDone(id) })
  }

  close(): Promise<void> {
    const closed = this.#tasks.close()
    this.#checks.close()
    return closed
  }

  #resumeSeparation(song: Song): void {
    for (const { state, blockSha256, segment } of jobsOfSong(this.#state.db, song.id)) {
      if (state === 'done' && blockSha256 === null) this.assemble({ songId: song.id, segment })
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
      if (song?.isDecoded) await confirmSong({ state: this.#state, announcer: this.#announcer, song })
      await this.#finishSong(songId)
    })
  }

  /** Once every block is final: the stems become files, the song separated, the mix that was asked for is made. */
  async #finishSong(songId: number): Promise<void> {
    const { db, folders, log } = this.#state
    const song = getSong(db, songId)
    if (song?.state !== 'separating' || !isWholeSongFinal(db, song)) {
      if (song) this.#announcer.progress(songId)
      return
    }
    await finishStems({ folders, song })
    if (!markSeparated(db, songId)) return
    // From here on the mix is what the song is still to take of the disk.
    if (song.kept) mixFile(db, { songId, mix: { kept: song.kept, gains: {} } })
    await removePartials(folders, songId)
    for (const track of song.tracks) markFileReady(db, stemFile(db, { songId, trackId: track.id }).id)
    await this.#state.records.song(songId)
    const seconds = secondsSince(db, song.askedAt)
    log.info({ songId, seconds }, `Server: Music[${songId}] - separated in ${seconds.toFixed(2)}[s]`)
    this.#announcer.song(songId)
    this.#mixing.takeUp(song)
  }

  #run(songId: number, lane: LimitFunction, work: (signal: AbortSignal) => Promise<void>): void {
    this.#tasks.run({ songId, lane, work, after: this.#checks.whenDoneNow(songId) })
  }

  #failFrom(songId: number, error: unknown): void {
    if (!(error instanceof UserError)) this.#state.log.error({ err: error }, `Server: Music[${songId}] - a fault.`)
    this.fail(songId, error instanceof UserError ? error.message : `The server could not go on: ${messageOf(error)}`)
  }
}
