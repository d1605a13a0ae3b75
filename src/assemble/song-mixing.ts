import pLimit from 'p-limit'
import type { MediaPool } from '../audio/media/media-pool.ts'
import { wavHeader } from '../audio/wav.ts'
import type { Log } from '../log.ts'
import { UserError } from '../song/errors.ts'
import { isAsRecorded, samplesInTempo } from '../song/practice-settings.ts'
import { mixBytes } from '../song/song-size.ts'
import type { Quota } from '../store/data-folder/quota.ts'
import type { Database } from '../store/ledger/database.ts'
import { getSong, type Song, secondsSince } from '../store/queries/songs.ts'
import type { SongRecords } from '../store/records/song-records.ts'
import { type Folders, mixPath } from '../store/song-files/paths.ts'
import { removeMix } from '../store/song-files/song-folder.ts'
import {
  filesOfSong,
  findMix,
  getFile,
  type Mix,
  markFileReady,
  mixFile,
  olderMixes,
  removeFile,
  type StoredFile,
} from '../store/tables/files.ts'
import { practiceOf } from '../store/tables/mix-columns.ts'
import type { SongTasks } from '../tasks/song-tasks.ts'
import { mixSound } from './mix-sound.ts'
import { renderMix } from './render-mix.ts'

/** A song keeps this many mixes with gains, pan, another key or tempo: the newest ones. */
const MAX_CHANGED_MIXES = 8
/** Beyond this number a request is refused. A mix takes about a second, and in another key or tempo ten. */
const MAX_WAITING_MIXES = 32
const RETRY_AFTER_SECONDS = 5

type SongMixingOptions = {
  db: Database
  folders: Folders
  log: Log
  quota: Pick<Quota, 'admit'>
  records: Pick<SongRecords, 'savePerson'>
  tasks: SongTasks
  mediaPool: MediaPool
}

/** Renders mixes into files: one at a time as recorded, and one at a time in another key or tempo, which takes longer. */
export class SongMixing {
  readonly #options: SongMixingOptions
  readonly #limit = pLimit(1)
  readonly #stretching = pLimit(1)
  /** Ids of files that are being rendered or wait for it. */
  readonly #waiting = new Set<number>()

  constructor(options: SongMixingOptions) {
    this.#options = options
  }

  /** Renders the song's requested mix, if the song is separated. */
  start(songId: number): void {
    const work = async (signal: AbortSignal): Promise<void> => {
      const { db, log } = this.#options
      const song = getSong(db, songId)
      if (song?.state !== 'separated' || !song.kept) return
      const file = mixFile(db, { songId, mix: { tracks: song.kept, gains: {} } })
      if (await this.#renderOnce(song, file, signal)) {
        const totalSeconds = secondsSince(db, song.askedAt)
        log.info({ songId, totalSeconds }, `Server: Music[${songId}] - total time: ${totalSeconds.toFixed(2)}[s]`)
      }
    }
    this.#options.tasks.run({ songId, limit: this.#limit, work })
  }

  /**
   * Adds a mix to the ledger, in one step with `begin`, so that it will be rendered. Throws a UserError (no-room) if there is no
   * room, and too-long beyond 4 GiB.
   */
  async admit(song: Song, mix: Mix, begin: () => void = () => undefined): Promise<StoredFile> {
    const { db, quota } = this.#options
    const add = () => {
      begin()
      return mixFile(db, { songId: song.id, mix })
    }
    if (findMix(db, { songId: song.id, mix })) return add()
    const samples = samplesInTempo(song.samples, practiceOf(mix).tempo)
    wavHeader({ samples }) // throws if the mix is too long for its file
    return quota.admit({ what: 'this mix', bytes: mixBytes(samples), begin: add })
  }

  /**
   * Requests another mix of a separated song. Its file is ready soon. Throws a UserError (busy) if too many mixes wait, and
   * as `admit`.
   */
  async request(song: Song, mix: Mix): Promise<StoredFile> {
    const known = findMix(this.#options.db, { songId: song.id, mix })
    if (known && (known.isReady || this.#waiting.has(known.id))) return known
    if (this.#waiting.size < MAX_WAITING_MIXES) return this.#render(song, await this.admit(song, mix))
    throw new UserError(
      `${MAX_WAITING_MIXES} mixes are already waiting to be rendered. Ask again in ${RETRY_AFTER_SECONDS} seconds.`,
      {
        code: 'busy',
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      },
    )
  }

  #render(song: Song, file: StoredFile): StoredFile {
    const { db, folders } = this.#options
    const { id: songId } = song
    this.#waiting.add(file.id)
    const work = async (signal: AbortSignal): Promise<void> => {
      await this.#renderOnce(song, file, signal)
      for (const { id: fileId } of olderMixes(db, { songId, count: MAX_CHANGED_MIXES })) {
        if (fileId === file.id) continue // newer ones were faster
        removeFile(db, fileId)
        await removeMix(folders, { songId, fileId })
      }
      await this.#options.records.savePerson(songId)
    }
    const limit = file.mix && !isAsRecorded(practiceOf(file.mix)) ? this.#stretching : this.#limit
    this.#options.tasks.run({ songId, limit, work, onEnd: () => this.#waiting.delete(file.id) })
    return file
  }

  /** Renders the requested mix after the separation. After a restart it also renders mixes that were interrupted. */
  resume(song: Song): void {
    this.start(song.id)
    for (const file of filesOfSong(this.#options.db, song.id)) if (file.mix && !file.isReady) this.#render(song, file)
  }

  async #renderOnce(song: Song, file: StoredFile, signal: AbortSignal): Promise<boolean> {
    const { id: fileId, mix } = file
    const { db, folders, log, mediaPool } = this.#options
    const { id: songId } = song
    if (getFile(db, fileId)?.isReady !== false || !mix) return false
    const startedAt = performance.now()
    const sound = mixSound({ folders, song, mix, mediaPool, signal })
    await renderMix({ ...sound, path: mixPath(folders, { songId, fileId }) })
    markFileReady(db, file)
    const seconds = (performance.now() - startedAt) / 1000
    log.info({ songId, seconds }, `Server: Music[${songId}] - merge time: ${seconds.toFixed(2)}[s]`)
    return true
  }
}
