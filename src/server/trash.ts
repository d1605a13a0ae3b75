import { setMeta } from '../store/meta.ts'
import { keepReserve, withReserve } from '../store/reserve.ts'
import { markErased, removeSongFolder, unmarkErased } from '../store/song-folder.ts'
import { getSong, getSongEvenDeleted, type Song } from '../store/songs.ts'
import {
  deleteAllSongs,
  deleteSong,
  hideSong,
  knownSongIds,
  songsAddedBefore,
  songsHiddenBefore,
  unhideSong,
} from '../store/trash.ts'
import type { Announcer } from './announcer.ts'
import type { ServerState } from './server-state.ts'
import type { SongFlow } from './song-flow.ts'

const KEPT_MS = 10 * 60_000
const LOOK_EVERY_MS = 30_000
const LOOK_AT_CLOCK_EVERY_MS = 5_000
const DAY_MS = 24 * 3600_000
const HOUR_MS = 3600_000

/** Deleted songs: out of sight and out of work at once, off the disk ten minutes later. And those that have had their time. */
export class Trash {
  readonly #state: ServerState
  readonly #announcer: Announcer
  readonly #flow: SongFlow
  readonly #retentionDays: number
  readonly #timers: NodeJS.Timeout[]
  /** Time before this start does not count for what was deleted: the clock may have been another one. */
  readonly #startedAt: number
  #saidStopped = false

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
    this.#startedAt = state.db.now()
    this.#timers = [
      setInterval(() => void this.#look(), LOOK_EVERY_MS),
      setInterval(() => this.#lookAtClock(), LOOK_AT_CLOCK_EVERY_MS),
    ]
    for (const timer of this.#timers) timer.unref()
    void this.#look()
  }

  /** @returns false when there is no such song */
  async delete(songId: number): Promise<boolean> {
    const { db, folders } = this.#state
    if (!withReserve(folders, () => hideSong(db, songId))) return false
    await this.#flow.stop(songId)
    await this.#state.records.person(songId)
    this.#announcer.deleted(songId)
    this.#state.log.info({ songId }, `Server: Music[${songId}] - deleted; it can be restored for ten minutes.`)
    return true
  }

  /**
   * Throws a UserError (507) where there is no room for what is still to be made of it.
   * @returns the song as it goes on from where it was; undefined when it is not deleted, or for too long
   */
  async restore(songId: number): Promise<Song | undefined> {
    const { db, log, quota, records } = this.#state
    const found = getSongEvenDeleted(db, songId)
    if (!found) return undefined
    const unhide = () => unhideSong(db, songId)
    // Of a whole song, or one that nobody has asked for, nothing more is made.
    const isBegun = found.song.state === 'separating'
    if (!(isBegun ? await quota.admitSong(found.song, unhide) : unhide())) return undefined
    // What was under way when it was deleted may not have ended yet.
    await this.#flow.stop(songId)
    await records.person(songId)
    const song = getSong(db, songId)
    if (!song) return undefined
    this.#announcer.whole(songId)
    this.#flow.takeUp(song)
    log.info({ songId }, `Server: Music[${songId}] - restored.`)
    return song
  }

  /** Removes all songs, the deleted ones as well, for good. Returns how many. */
  async eraseAll(): Promise<number> {
    const { db, folders } = this.#state
    const ids = knownSongIds(db)
    try {
      withReserve(folders, () => {
        for (const songId of ids) markErased(folders, songId)
        deleteAllSongs(db)
      })
    } catch (error) {
      for (const songId of ids) unmarkErased(folders, songId)
      throw error
    }
    await Promise.all(ids.map((songId) => this.#removeFiles(songId)))
    return ids.length
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer)
  }

  async #look(): Promise<void> {
    try {
      setMeta(this.#state.db, 'clock_seen', String(this.#state.db.now()))
      await this.#deleteOld()
      await this.#eraseExpired()
    } catch (error) {
      if (!this.#state.faults.note(error))
        this.#state.log.error({ err: error }, 'Server: old songs could not be removed.')
    }
  }

  #lookAtClock(): void {
    const { db, log } = this.#state
    const stepMs = db.clock.look()
    if (stepMs === 0) return
    const hours = Math.abs(stepMs / HOUR_MS).toFixed(1)
    log.warn(`Server: the clock of this machine was set ${hours} hours ${stepMs > 0 ? 'forward' : 'back'}.`)
    this.#saidStopped = false
    this.#sayIfStopped()
  }

  async #deleteOld(): Promise<void> {
    if (this.#retentionDays === 0) return
    this.#sayIfStopped()
    const { db, log } = this.#state
    const now = db.clock.ageTime()
    if (now === null) return
    for (const songId of songsAddedBefore(db, now - this.#retentionDays * DAY_MS)) {
      log.info({ songId }, `Server: Music[${songId}] - has been here for its ${this.#retentionDays} days.`)
      await this.delete(songId)
    }
  }

  #sayIfStopped(): void {
    const { db, log } = this.#state
    if (this.#retentionDays === 0 || this.#saidStopped) return
    if (db.clock.isGapLong) {
      this.#saidStopped = true
      log.warn(
        `Server: by its clock (${new Date().toISOString()}) this machine was off for more than a week. That time does not count for RETENTION_DAYS. If the clock is right, restart once with --trust-clock.`,
      )
    }
    if (!db.clock.isStopped) return
    this.#saidStopped = true
    log.warn(
      'Server: no song is deleted for its age (RETENTION_DAYS) until the clock has run for 24 hours without a step. If it is right, restart once with --trust-clock.',
    )
  }

  async #eraseExpired(): Promise<void> {
    const { db, folders } = this.#state
    const now = db.now()
    if (now - this.#startedAt < KEPT_MS) {
      // Deleted in an earlier life: how long ago, only a clock could tell that nobody has watched.
      return
    }
    for (const songId of songsHiddenBefore(db, now - KEPT_MS)) {
      markErased(folders, songId)
      deleteSong(db, songId)
      await this.#removeFiles(songId)
    }
    keepReserve(folders)
  }

  async #removeFiles(songId: number): Promise<void> {
    await this.#flow.stop(songId)
    await removeSongFolder(this.#state.folders, songId)
  }
}
