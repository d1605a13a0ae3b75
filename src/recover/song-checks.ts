import { checkSong } from '../assemble/check-song.ts'
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import type { FaultMonitor } from '../store/fault-monitor.ts'
import type { Folders } from '../store/paths.ts'
import { removeHalfWritten } from '../store/song-folder.ts'
import { getSong, listSongs } from '../store/songs.ts'
import { reopenSeparation } from '../store/transitions/songs.ts'

/** Songs finished so shortly before a power cut may not be on the disk though the ledger says so. */
const RECENT_MS = 120_000

type Check = { done: PromiseWithResolvers<void>; isRunning: boolean }

type SongChecksOptions = { db: Database; folders: Folders; log: Log; faults: FaultMonitor }

/**
 * Compares the files of songs with the ledger after a start, for what a power cut may have taken: one song after the other
 * while the server runs, first those that somebody asks for. Until a song is checked nobody works on it, and its sound is
 * answered when it is.
 */
export class SongChecks {
  readonly #options: SongChecksOptions
  readonly #checks = new Map<number, Check>()
  #isClosed = false

  constructor(options: SongChecksOptions) {
    this.#options = options
    const songs = listSongs(options.db)
    const latest = Math.max(0, ...songs.map(({ separatedAt }) => separatedAt ?? 0))
    for (const { id, state, separatedAt } of songs) {
      const isRecent = state === 'separated' && (separatedAt ?? 0) >= latest - RECENT_MS
      if (state === 'separating' || isRecent) this.#checks.set(id, { done: Promise.withResolvers(), isRunning: false })
    }
  }

  /** Resolves when a song is checked, in its turn; at once where it need not be. */
  whenChecked(songId: number): Promise<void> {
    return this.#checks.get(songId)?.done.promise ?? Promise.resolve()
  }

  /** The same for somebody who waits for the song: it is checked next. */
  checkNext(songId: number): Promise<void> {
    const check = this.#checks.get(songId)
    if (check) void this.#run(songId, check)
    return this.whenChecked(songId)
  }

  /** Checks all of them, one after the other. */
  async runAll(): Promise<void> {
    for (const songId of this.#checks.keys()) {
      if (this.#isClosed) return
      await this.checkNext(songId)
    }
  }

  /** Releases whoever waits. The next start checks the songs that are left. */
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
        this.#options.log.error({ err: error }, `Server: Music[${songId}] - its files could not be checked.`)
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
    log.warn(`Server: Music[${songId}] - ${broken} results were lost and are done again.`)
    if (song.state === 'separated') reopenSeparation(db, songId)
  }
}
