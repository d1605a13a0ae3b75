import { removeSongFolder } from '../store/paths.ts'
import { getSong, type Song } from '../store/songs.ts'
import {
  deleteAllSongs,
  deleteSong,
  hideSong,
  songsAddedBefore,
  songsHiddenBefore,
  unhideSong,
} from '../store/trash.ts'
import type { Announcer } from './announcer.ts'
import type { ServerState } from './server-state.ts'
import type { SongFlow } from './song-flow.ts'

const KEPT_MS = 10 * 60_000
const LOOK_EVERY_MS = 30_000
const DAY_MS = 24 * 3600_000

/** Deleted songs: out of sight and out of work at once, off the disk ten minutes later. And those that have had their time. */
export class Trash {
  readonly #state: ServerState
  readonly #announcer: Announcer
  readonly #flow: SongFlow
  readonly #retentionDays: number
  readonly #timer: NodeJS.Timeout

  /** @param retentionDays after which a song is deleted; 0: never */
  constructor({
    state,
    announcer,
    flow,
    retentionDays,
  }: {
    state: ServerState
    announcer: Announcer
    flow: SongFlow
    retentionDays: number
  }) {
    this.#state = state
    this.#announcer = announcer
    this.#flow = flow
    this.#retentionDays = retentionDays
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS)
    this.#timer.unref()
    void this.#look()
  }

  /** @returns false when there is no such song */
  async delete(songId: number): Promise<boolean> {
    if (!hideSong(this.#state.db, songId)) return false
    await this.#flow.stop(songId)
    this.#announcer.deleted(songId)
    this.#state.log.info({ songId }, `Server: Music[${songId}] - deleted; it can be restored for ten minutes.`)
    return true
  }

  /** @returns the song as it goes on from where it was; undefined when it is not deleted, or for too long */
  async restore(songId: number): Promise<Song | undefined> {
    const { db, log } = this.#state
    if (!unhideSong(db, songId)) return undefined
    // What was under way when it was deleted may not have ended yet.
    await this.#flow.stop(songId)
    const song = getSong(db, songId)
    if (!song) return undefined
    this.#announcer.whole(songId)
    this.#flow.takeUp(song)
    this.#state.dispatch().fill()
    log.info({ songId }, `Server: Music[${songId}] - restored.`)
    return song
  }

  /** Removes all songs, the deleted ones as well, for good. Returns how many. */
  async eraseAll(): Promise<number> {
    const ids = deleteAllSongs(this.#state.db)
    await Promise.all(ids.map((songId) => this.#removeFiles(songId)))
    return ids.length
  }

  close(): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    try {
      await this.#deleteOld()
      await this.#eraseExpired()
    } catch (error) {
      this.#state.log.error({ err: error }, 'Server: old songs could not be removed.')
    }
  }

  async #deleteOld(): Promise<void> {
    if (this.#retentionDays === 0) return
    for (const songId of songsAddedBefore(this.#state.db, Date.now() - this.#retentionDays * DAY_MS)) {
      this.#state.log.info({ songId }, `Server: Music[${songId}] - has been here for its ${this.#retentionDays} days.`)
      await this.delete(songId)
    }
  }

  async #eraseExpired(): Promise<void> {
    for (const songId of songsHiddenBefore(this.#state.db, Date.now() - KEPT_MS)) {
      deleteSong(this.#state.db, songId)
      await this.#removeFiles(songId)
    }
  }

  async #removeFiles(songId: number): Promise<void> {
    await this.#flow.stop(songId)
    await removeSongFolder(this.#state.folders, songId)
  }
}
