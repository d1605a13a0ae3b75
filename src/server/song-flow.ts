import pLimit from 'p-limit'
import { markStemsReady, SongAssembly } from '../assemble/song-assembly.ts'
import { SongMixing } from '../assemble/song-mixing.ts'
import { neededShare } from '../receive/needed-share.ts'
import { SongDecoding } from '../receive/song-decoding.ts'
import { type PlannedModel, Uploads } from '../receive/uploads.ts'
import { CheckSchedule } from '../recover/check-schedule.ts'
import { messageOf, UserError } from '../song/errors.ts'
import type { NewUpload } from '../song/new-upload.ts'
import type { PlaceInSong } from '../song/prefetch-window.ts'
import { countReadySegments } from '../song/segment.ts'
import type { SegmentRange } from '../song/segment-range.ts'
import { jobsOfSong } from '../store/queries/jobs.ts'
import { getSong, listSongs, type Song } from '../store/queries/songs.ts'
import { removeDerivedFiles } from '../store/song-files/song-folder.ts'
import type { Mix, StoredFile } from '../store/tables/files.ts'
import { addJobs } from '../store/transitions/jobs.ts'
import { failSong, requestMix, retrySong } from '../store/transitions/songs.ts'
import { SongTasks } from '../tasks/song-tasks.ts'
import type { ServerResources } from './resources.ts'

type SongFlowOptions = Pick<
  ServerResources,
  'db' | 'folders' | 'log' | 'faults' | 'quota' | 'records' | 'limits' | 'mediaPool'
> & {
  planFor(model: string | undefined): PlannedModel
  whenDecoderMayRun(signal?: AbortSignal): Promise<void>
  beginSeekDecode(range: SegmentRange & { songId: number }): () => void
  /** The playheads of all listeners. */
  playheads(): readonly PlaceInSong[]
  onReceivedBytes(bytes: number): void
  onUploadEnding(songId: number, untilMs: number | null): void
  onFailedSong(): void
}

/**
 * Runs each song through its steps: upload, decoding, jobs, assembly, mix. Each step starts the next one. After a restart
 * `resume` continues every song at its last step.
 */
export class SongFlow {
  readonly #options: SongFlowOptions
  readonly #tasks: SongTasks
  readonly #schedule: CheckSchedule
  readonly #uploads: Uploads
  readonly #decoding: SongDecoding
  readonly #assembly: SongAssembly
  readonly #mixing: SongMixing
  readonly #resuming = pLimit(Number.POSITIVE_INFINITY)

  constructor(options: SongFlowOptions) {
    this.#options = options
    const { faults } = options
    this.#tasks = new SongTasks({
      onFault: (songId, error) => this.#failFrom(songId, error),
      transientFaultOf: (error) => faults.classify(error),
    })
    const tasks = this.#tasks
    this.#schedule = new CheckSchedule(options)
    this.#mixing = new SongMixing({ ...options, tasks })
    this.#assembly = new SongAssembly({
      ...options,
      tasks,
      whenChecked: (songId) => this.#schedule.checkNext(songId),
      onSeparated: (song) => this.#mixing.resume(song),
    })
    this.#decoding = new SongDecoding({
      ...options,
      tasks,
      onDecoded: (songId) => this.#assembly.confirmDecoded(songId),
    })
    this.#uploads = new Uploads({
      ...options,
      onMore: (songId) => this.#seekForListeners(songId),
      onWhole: (song) => {
        this.#seekForListeners(song.id)
        this.resume(song)
      },
      stopWork: (songId) => this.stop(songId),
    })
  }

  receive(upload: NewUpload): Promise<Song> {
    return this.#uploads.receive(upload)
  }

  /**
   * Requests a mix of these tracks, and the separation if it has not begun. Resolves when the request is on the disk. Throws a
   * UserError: song-failed, or no-room if the disk has no room.
   */
  async requestMix(song: Song, tracks: readonly number[]): Promise<void> {
    if (song.state === 'failed') throw new UserError(`Song ${song.id} failed: ${song.error}`, { code: 'song-failed' })
    const { db, quota, records } = this.#options
    const begin = () => requestMix(db, { songId: song.id, tracks })
    if (song.state === 'added') await quota.admitSong(song, begin)
    else if (song.state === 'separated') await this.#mixing.admit(song, { tracks, gains: {} }, begin)
    else begin()
    if (song.state === 'added') this.#decoding.start(song.id)
    if (song.uploadName !== null) this.#decoding.seek(song.id, 0, () => Promise.resolve())
    if (song.state === 'separated') this.#mixing.start(song.id)
    return records.savePerson(song.id)
  }

  /** Resolves when a song's files may be sent. After a start they are checked against the ledger first. */
  whenChecked(songId: number): Promise<void> {
    return this.#schedule.checkNext(songId)
  }

  /** Starts a seek decode at a playhead if the song's own decoding will not be there soon. */
  seekFor({ songId, segment }: PlaceInSong): void {
    const song = getSong(this.#options.db, songId)
    if (!song) return
    const share = neededShare(song, segment)
    if (!this.#uploads.isUploadedSoon(songId, share)) return
    this.#decoding.seek(songId, segment, (signal) => this.#uploads.whenArrived(songId, share, signal))
  }

  /** Must be called after a job's result has been stored. */
  addResult(segment: PlaceInSong): void {
    this.#assembly.addResult(segment)
  }

  /** Fails a song. Its own work is stopped and its derived files are removed. */
  fail(songId: number, reason: string): void {
    const { db, folders, faults, log } = this.#options
    if (!failSong(db, { songId, error: reason })) return
    this.#options.onFailedSong()
    log.error({ songId }, `Server: Music[${songId}] - failed: ${reason}`)
    this.#tasks
      .stop(songId)
      .then(() => faults.retry(() => removeDerivedFiles(folders, songId)))
      .catch((error: unknown) => log.error({ err: error }, `Server: Music[${songId}] - its work could not be removed.`))
  }

  /** Restarts a failed song. Returns false if it has not failed. Throws a UserError (no-room) if the disk has no room. */
  async retry(songId: number): Promise<boolean> {
    const { db, quota, log } = this.#options
    const song = getSong(db, songId)
    if (song?.state !== 'failed' || !(await quota.admitSong(song, () => retrySong(db, songId)))) return false
    log.info({ songId }, `Server: Music[${songId}] - is tried again.`)
    this.#decoding.start(songId)
    return true
  }

  /** Requests another mix of a separated song: any tracks, gains, pan, key and tempo. Its file is ready soon. */
  requestCustomMix(song: Song, mix: Mix): Promise<StoredFile> {
    return this.#mixing.request(song, mix)
  }

  /** Stops the server's own work on a song. Resolves when no task uses its files any more. */
  stop(songId: number): Promise<void> {
    return this.#tasks.stop(songId)
  }

  /** Resumes every song at its last step, each after the check of its files. */
  resumeAll(): void {
    for (const song of listSongs(this.#options.db)) this.resume(song)
  }

  /** Checks the files of all songs while the server already runs. A hundred songs take half a minute. */
  checkFiles(): Promise<void> {
    return this.#schedule.runAll()
  }

  /** Resumes a song that no task works on. */
  resume({ id }: Song): void {
    const work = async (): Promise<void> => {
      const song = getSong(this.#options.db, id)
      if (song?.state === 'separating') this.#resumeSeparation(song)
      if (song?.state !== 'separated') return
      // An older version can have been killed after it marked the song as separated and before it marked its stems as ready.
      markStemsReady(this.#options.db, song)
      this.#mixing.resume(song)
    }
    this.#tasks.run({ songId: id, limit: this.#resuming, work, after: this.#schedule.whenChecked(id) })
  }

  close(): Promise<void> {
    const closed = this.#tasks.close()
    this.#schedule.close()
    return closed
  }

  /** Looks at the song's playheads again, after more of its file has arrived. */
  #seekForListeners(songId: number): void {
    for (const place of this.#options.playheads()) if (place.songId === songId) this.seekFor(place)
  }

  #resumeSeparation(song: Song): void {
    const { db } = this.#options
    for (const { state, blockSha256, segment } of jobsOfSong(db, song.id)) {
      if (state === 'done' && blockSha256 === null) this.addResult({ songId: song.id, segment })
    }
    if (!song.isDecoded) {
      this.#decoding.start(song.id)
      return
    }
    addJobs(db, { songId: song.id, segments: countReadySegments(song.plan.grid, song.samples, true) })
    this.#assembly.confirmDecoded(song.id)
  }

  #failFrom(songId: number, error: unknown): void {
    if (!(error instanceof UserError)) this.#options.log.error({ err: error }, `Server: Music[${songId}] - a fault.`)
    this.fail(songId, error instanceof UserError ? error.message : `The server could not go on: ${messageOf(error)}`)
  }
}
