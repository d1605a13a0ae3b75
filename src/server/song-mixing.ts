import pLimit from 'p-limit'
import { renderMix } from '../assemble/mix.ts'
import { UserError } from '../song/errors.ts'
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
} from '../store/files.ts'
import { mixPath, stemPath } from '../store/paths.ts'
import { removeMix } from '../store/song-folder.ts'
import { getSong, type Song, secondsSince } from '../store/songs.ts'
import type { Announcer } from './announcer.ts'
import type { ServerState } from './server-state.ts'
import { mixBytes } from './song-size.ts'
import type { SongTasks } from './song-tasks.ts'

/** Of the mixes with gains of their own, which nobody names, so many are kept of a song. */
const KEPT_MIXES = 8
/** Each is asked for by a person, who waits a second for it. */
const MOST_WAITING = 32
const RETRY_AFTER_SECONDS = 5

/** Stems become files that people take with them, one at a time. */
export class SongMixing {
  readonly #state: ServerState
  readonly #announcer: Announcer
  readonly #tasks: SongTasks
  readonly #lane = pLimit(1)
  /** Files that are rendered, or are to be. */
  readonly #waiting = new Set<number>()

  constructor({ state, announcer, tasks }: { state: ServerState; announcer: Announcer; tasks: SongTasks }) {
    this.#state = state
    this.#announcer = announcer
    this.#tasks = tasks
  }

  /** Renders the mix that was asked for last, once the song is separated. */
  start(songId: number): void {
    const work = async (signal: AbortSignal): Promise<void> => {
      const { db, log } = this.#state
      const song = getSong(db, songId)
      if (song?.state !== 'separated' || !song.kept) return
      const file = mixFile(db, { songId, mix: { kept: song.kept, gains: {} } })
      if (await this.#renderOnce(song, file, signal)) {
        const totalSeconds = secondsSince(db, song.askedAt)
        log.info({ songId, totalSeconds }, `Server: Music[${songId}] - total time: ${totalSeconds.toFixed(2)}[s]`)
      }
      this.#announcer.progress(songId)
    }
    this.#tasks.run({ songId, lane: this.#lane, work })
  }

  /** Writes a mix into the ledger as `begin` does too, so that it is rendered. Throws a UserError (507) where there is no room. */
  async admit(song: Song, mix: Mix, begin: () => void = () => undefined): Promise<StoredFile> {
    const { db, quota } = this.#state
    const add = () => {
      begin()
      return mixFile(db, { songId: song.id, mix })
    }
    const isKnown = findMix(db, { songId: song.id, mix }) !== undefined
    return isKnown ? add() : quota.admit({ what: 'this mix', bytes: mixBytes(song.samples), begin: add })
  }

  /** Any other mix of a separated song; its file, ready soon. Throws a UserError when too many wait (429), and as `admit`. */
  async ask(song: Song, mix: Mix): Promise<StoredFile> {
    const known = findMix(this.#state.db, { songId: song.id, mix })
    if (known && (known.isReady || this.#waiting.has(known.id))) return known
    if (this.#waiting.size < MOST_WAITING) return this.#render(song, await this.admit(song, mix))
    throw new UserError(
      `${MOST_WAITING} mixes wait to be rendered already. Ask again in ${RETRY_AFTER_SECONDS} seconds.`,
      {
        code: 'busy',
        status: 429,
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      },
    )
  }

  #render(song: Song, file: StoredFile): StoredFile {
    const { db, folders } = this.#state
    const { id: songId } = song
    this.#waiting.add(file.id)
    const work = async (signal: AbortSignal): Promise<void> => {
      await this.#renderOnce(song, file, signal)
      for (const { id: fileId } of olderMixes(db, { songId, count: KEPT_MIXES })) {
        removeFile(db, fileId)
        await removeMix(folders, { songId, fileId })
      }
      await this.#state.records.person(songId)
    }
    this.#tasks.run({ songId, lane: this.#lane, work, onEnd: () => this.#waiting.delete(file.id) })
    return file
  }

  /** Renders what was asked for: after the separation, and after a restart also mixes whose rendering was cut off. */
  takeUp(song: Song): void {
    this.start(song.id)
    for (const file of filesOfSong(this.#state.db, song.id)) if (file.mix && !file.isReady) this.#render(song, file)
  }

  async #renderOnce(song: Song, file: StoredFile, signal: AbortSignal): Promise<boolean> {
    const { id: fileId, mix } = file
    const { db, folders, log } = this.#state
    const { id: songId, samples } = song
    if (getFile(db, fileId)?.isReady !== false || !mix) return false
    const startedAt = performance.now()
    const stems = mix.kept.map((trackId) => {
      return { path: stemPath(folders, { songId, trackId }), decibels: mix.gains[trackId] ?? 0 }
    })
    await renderMix({ stems, samples, path: mixPath(folders, { songId, fileId }), signal })
    markFileReady(db, file)
    const seconds = (performance.now() - startedAt) / 1000
    log.info({ songId, seconds }, `Server: Music[${songId}] - merge time: ${seconds.toFixed(2)}[s]`)
    return true
  }
}
