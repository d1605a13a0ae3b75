import type { Log } from '../log.ts'
import { DAY_MS, HOUR_MS } from '../platform/durations.ts'
import { RESTORABLE_MINUTES, RESTORABLE_MS } from '../song/restore-period.ts'
import type { FaultMonitor } from '../store/data-folder/fault-monitor.ts'
import type { Quota } from '../store/data-folder/quota.ts'
import type { Reserve } from '../store/data-folder/reserve.ts'
import type { Database } from '../store/ledger/database.ts'
import { setMeta } from '../store/ledger/meta.ts'
import { knownSongIds, songsAddedBefore, songsDeletedBefore } from '../store/queries/deleted-songs.ts'
import { getSong, getSongEvenDeleted, type Song } from '../store/queries/songs.ts'
import type { SongRecords } from '../store/records/song-records.ts'
import type { Folders } from '../store/song-files/paths.ts'
import { markErased, removeSongFolder, unmarkErased } from '../store/song-files/song-folder.ts'
import { eraseSetlistsDeletedBefore } from '../store/tables/setlists.ts'
import { deleteSong, eraseAllSongs, eraseSong, restoreSong } from '../store/transitions/songs.ts'

const DELETE_EVERY_MS = 30_000
const CHECK_CLOCK_EVERY_MS = 5_000

type TrashOptions = {
  db: Database
  folders: Folders
  log: Log
  faults: FaultMonitor
  quota: Quota
  reserve: Reserve
  records: SongRecords
  /** The age in days at which a song is deleted; 0: never. */
  retentionDays: number
  /** Stops the work on a song. Resolves when no task uses its files any more. */
  stopWork(songId: number): Promise<void>
  /** Continues the work on a song. */
  resume(song: Song): void
}

/**
 * Deletes songs at once and erases them from the disk RESTORABLE_MS later. Also erases deleted setlists, and deletes songs that
 * are too old (RETENTION_DAYS).
 */
export class Trash {
  readonly #options: TrashOptions
  readonly #timers: NodeJS.Timeout[]
  /** Ledger time of this start. Time before it does not count for RESTORABLE_MS, because the clock may have been wrong. */
  readonly #startedAt: number
  #hasWarned = false

  constructor(options: TrashOptions) {
    this.#options = options
    this.#startedAt = options.db.now()
    this.#timers = [
      setInterval(() => void this.#deleteAndErase(), DELETE_EVERY_MS),
      setInterval(() => this.#checkClock(), CHECK_CLOCK_EVERY_MS),
    ]
    for (const timer of this.#timers) timer.unref()
    void this.#deleteAndErase()
  }

  /** @returns false if there is no such song */
  async delete(songId: number): Promise<boolean> {
    const { db, reserve } = this.#options
    if (!reserve.use(() => deleteSong(db, songId))) return false
    await this.#options.stopWork(songId)
    await this.#options.records.savePerson(songId)
    this.#options.log.info(
      { songId },
      `Server: Music[${songId}] - deleted; it can be restored for ${RESTORABLE_MINUTES} minutes.`,
    )
    return true
  }

  /**
   * Restores a deleted song and continues its work. Throws a UserError (no-room) if there is no room for the rest of its work.
   * @returns the song; undefined if it is not deleted, or already erased
   */
  async restore(songId: number): Promise<Song | undefined> {
    const { db, log, quota, records } = this.#options
    const found = getSongEvenDeleted(db, songId)
    if (!found) return undefined
    const restoreRow = () => restoreSong(db, songId)
    // A finished song, or one without a request, needs no more room.
    const isBegun = found.song.state === 'separating'
    if (!(isBegun ? await quota.admitSong(found.song, restoreRow) : restoreRow())) return undefined
    // Tasks that ran when the song was deleted may not have ended yet.
    await this.#options.stopWork(songId)
    await records.savePerson(songId)
    const song = getSong(db, songId)
    if (!song) return undefined
    this.#options.resume(song)
    log.info({ songId }, `Server: Music[${songId}] - restored.`)
    return song
  }

  /**
   * Erases all songs, deleted ones included.
   * @returns how many
   */
  async eraseAll(): Promise<number> {
    const { db, folders, reserve } = this.#options
    const ids = knownSongIds(db)
    try {
      reserve.use(() => {
        for (const songId of ids) markErased(folders, songId)
        eraseAllSongs(db)
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

  async #deleteAndErase(): Promise<void> {
    try {
      setMeta(this.#options.db, 'clock_seen', String(this.#options.db.now()))
      await this.#deleteOld()
      await this.#eraseExpired()
    } catch (error) {
      if (!this.#options.faults.classify(error))
        this.#options.log.error({ err: error }, 'Server: old songs could not be deleted.')
    }
  }

  #checkClock(): void {
    const { db, log } = this.#options
    const stepMs = db.clock.detectStep()
    if (stepMs === 0) return
    const hours = Math.abs(stepMs / HOUR_MS).toFixed(1)
    log.warn(`Server: the clock of this machine was set ${hours} hours ${stepMs > 0 ? 'forward' : 'back'}.`)
    this.#hasWarned = false
    this.#warnIfAgingPaused()
  }

  async #deleteOld(): Promise<void> {
    if (this.#options.retentionDays === 0) return
    this.#warnIfAgingPaused()
    const { db, log } = this.#options
    const now = db.clock.ageTime()
    if (now === null) return
    for (const songId of songsAddedBefore(db, now - this.#options.retentionDays * DAY_MS)) {
      // Its separation may have begun while an earlier song was deleted.
      if (getSong(db, songId)?.state === 'separating') continue
      log.info(
        { songId },
        `Server: Music[${songId}] - is older than ${this.#options.retentionDays} days (RETENTION_DAYS).`,
      )
      await this.delete(songId)
    }
  }

  #warnIfAgingPaused(): void {
    const { db, log } = this.#options
    if (this.#options.retentionDays === 0 || this.#hasWarned) return
    if (db.clock.hasLongGap) {
      this.#hasWarned = true
      log.warn(
        `Server: according to its clock (${new Date().toISOString()}), this machine was off for more than a week. That time does not count for RETENTION_DAYS. If the clock is right, restart once with --trust-clock.`,
      )
    }
    if (!db.clock.isAgingPaused) return
    this.#hasWarned = true
    log.warn(
      'Server: no song is deleted for its age (RETENTION_DAYS) until the clock has run for 24 hours without a step. If it is right, restart once with --trust-clock.',
    )
  }

  async #eraseExpired(): Promise<void> {
    const { db, folders } = this.#options
    const now = db.now()
    if (now - this.#startedAt < RESTORABLE_MS) {
      // What was deleted before this start stays for RESTORABLE_MS after it: nobody watched the clock while the server was off.
      return
    }
    const expiredAt = now - RESTORABLE_MS
    eraseSetlistsDeletedBefore(db, expiredAt)
    for (const songId of songsDeletedBefore(db, expiredAt)) {
      // It may have been restored while the files of an earlier song were removed.
      const deletedAt = getSongEvenDeleted(db, songId)?.deletedAt ?? null
      if (deletedAt === null || deletedAt > expiredAt) continue
      markErased(folders, songId)
      eraseSong(db, songId)
      await this.#removeFiles(songId)
    }
  }

  async #removeFiles(songId: number): Promise<void> {
    await this.#options.stopWork(songId)
    await removeSongFolder(this.#options.folders, songId)
  }
}
