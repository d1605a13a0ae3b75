import type { Log } from '../log.ts'
import type { FaultMonitor } from '../store/data-folder/fault-monitor.ts'
import type { Database } from '../store/ledger/database.ts'
import { getSong, listSongs } from '../store/queries/songs.ts'
import type { Folders } from '../store/song-files/paths.ts'
import { removeHalfWritten } from '../store/song-files/song-folder.ts'
import { reopenSeparation } from '../store/transitions/songs.ts'
import { checkSong } from './check-song.ts'

/** Files of songs finished this shortly before the last one may be missing after a power cut, although the ledger has them. */
const RECENT_MS = 120_000

type Check = { done: PromiseWithResolvers<void>; isRunning: boolean }

type CheckScheduleOptions = { db: Database; folders: Folders; log: Log; faults: FaultMonitor }

/**
 * Compares songs' files with the ledger after a start, because a power cut may have lost some. Songs are checked one at a
 * time while the server runs, requested ones first. Until its check is done no task works on a song, and requests for its
 * sound wait.
 */
export class CheckSchedule {
  readonly #options: CheckScheduleOptions
  readonly #checks = new Map<number, Check>()
  #isClosed = false

  constructor(options: CheckScheduleOptions) {
    this.#options = options
    const songs = listSongs(options.db)
    const latest = Math.max(0, ...songs.map(({ separatedAt }) => separatedAt ?? 0))
    for (const { id, state, separatedAt } of songs) {
      const isRecent = state === 'separated' && (separatedAt ?? 0) >= latest - RECENT_MS
      if (state === 'separating' || isRecent) this.#checks.set(id, { done: Promise.withResolvers(), isRunning: false })
    }
  }

  /** Resolves when a song has been checked in its turn, or at once if it needs no check. */
  whenChecked(songId: number): Promise<void> {
    return this.#checks.get(songId)?.done.promise ?? Promise.resolve()
  }

  /** Checks a song next, because somebody waits for it. Resolves when it has been checked. */
  checkNext(songId: number): Promise<void> {
    const check = this.#checks.get(songId)
    if (check) void this.#run(songId, check)
    return this.whenChecked(songId)
  }

  /** Checks all songs, one after another. */
  async runAll(): Promise<void> {
    for (const songId of this.#checks.keys()) {
      if (this.#isClosed) return
      await this.checkNext(songId)
    }
  }

  /** Resolves all waiting promises. The next start checks the remaining songs. */
  close(): void {
    this.#isClosed = true
    for (const { done } of this.#checks.values()) done.resolve()
  }

  async #run(songId: number, check: Check): Promise<void> {
    if (check.isRunning) return
    check.isRunning = true
    await this.#options.faults
      .retry(() => (this.#isClosed ? undefined : this.#check(songId)))
      .catch((error: unknown) => {
        this.#options.log.error({ err: error, songId }, `Server: Music[${songId}] - its files could not be checked.`)
      })
    this.#checks.delete(songId)
    check.done.resolve()
  }

  async #check(songId: number): Promise<void> {
    const { db, folders, log } = this.#options
    const song = getSong(db, songId)
    if (!song) return
    await removeHalfWritten(folders, songId)
    const broken = await checkSong({ db, folders, song })
    if (broken === 0) return
    log.warn({ songId }, `Server: Music[${songId}] - ${broken} results were lost and are done again.`)
    if (song.state === 'separated') reopenSeparation(db, songId)
  }
}
