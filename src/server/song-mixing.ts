import pLimit from 'p-limit'
import { renderMix } from '../assemble/mix.ts'
import {
  filesOfSong,
  getFile,
  type Mix,
  markFileReady,
  mixFile,
  olderMixes,
  removeFile,
  type StoredFile,
} from '../store/files.ts'
import { mixPath, removeMix, stemPath } from '../store/paths.ts'
import { getSong, type Song } from '../store/songs.ts'
import type { Announcer } from './announcer.ts'
import type { ServerState } from './server-state.ts'
import type { SongTasks } from './song-tasks.ts'

/** Of the mixes with gains of their own, which nobody names, so many are kept of a song. */
const KEPT_MIXES = 8

/** Stems become files that people take with them, one at a time. */
export class SongMixing {
  readonly #state: ServerState
  readonly #announcer: Announcer
  readonly #tasks: SongTasks
  readonly #lane = pLimit(1)

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
        const totalSeconds = (Date.now() - (song.askedAt ?? Date.now())) / 1000
        log.info({ songId, totalSeconds }, `Server: Music[${songId}] - total time: ${totalSeconds.toFixed(2)}[s]`)
      }
      this.#announcer.progress(songId)
    }
    this.#tasks.run({ songId, lane: this.#lane, work })
  }

  /** Any other mix of a separated song; its file, ready soon. */
  render(song: Song, mix: Mix): StoredFile {
    const { db, folders } = this.#state
    const { id: songId } = song
    const file = mixFile(db, { songId, mix })
    const work = async (signal: AbortSignal): Promise<void> => {
      await this.#renderOnce(song, file, signal)
      for (const { id: fileId } of olderMixes(db, { songId, count: KEPT_MIXES })) {
        removeFile(db, fileId)
        await removeMix(folders, { songId, fileId })
      }
    }
    this.#tasks.run({ songId, lane: this.#lane, work })
    return file
  }

  /** Renders what was asked for: after the separation, and after a restart also mixes whose rendering was cut off. */
  takeUp(song: Song): void {
    this.start(song.id)
    for (const { isReady, mix } of filesOfSong(this.#state.db, song.id)) if (mix && !isReady) this.render(song, mix)
  }

  async #renderOnce(song: Song, { id: fileId, mix }: StoredFile, signal: AbortSignal): Promise<boolean> {
    const { db, folders, log } = this.#state
    const { id: songId, samples } = song
    if (getFile(db, fileId)?.isReady !== false || !mix) return false
    const startedAt = performance.now()
    const stems = mix.kept.map((trackId) => {
      return { path: stemPath(folders, { songId, trackId }), decibels: mix.gains[trackId] ?? 0 }
    })
    await renderMix({ stems, samples, path: mixPath(folders, { songId, fileId }), signal })
    markFileReady(db, fileId)
    const seconds = (performance.now() - startedAt) / 1000
    log.info({ songId, seconds }, `Server: Music[${songId}] - merge time: ${seconds.toFixed(2)}[s]`)
    return true
  }
}
