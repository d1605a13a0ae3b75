import { checkSong } from '../assemble/check-song.ts'
import { removeHalfWritten } from '../store/song-folder.ts'
import { getSong, listSongs, reopenSong } from '../store/songs.ts'
import type { Announcer } from './announcer.ts'
import type { ServerState } from './server-state.ts'

/** Songs finished so shortly before a power cut may not be on the disk though the ledger says so. */
const RECENT_MS = 120_000

type Check = { done: PromiseWithResolvers<void>; isRunning: boolean }

/**
 * Holds the files of songs against the ledger after a start, for what a power cut may have taken: one song after the other
 * behind the running server, but first those that somebody asks for. Until then nobody works on such a song or hears it.
 */
export class SongChecks {
  readonly #state: ServerState
  readonly #announcer: Announcer
  readonly #checks = new Map<number, Check>()
  #isClosed = false

  constructor(state: ServerState, announcer: Announcer) {
    this.#state = state
    this.#announcer = announcer
    const songs = listSongs(state.db)
    const latest = Math.max(0, ...songs.map(({ separatedAt }) => separatedAt ?? 0))
    for (const { id, state: stage, separatedAt } of songs) {
      const isRecent = stage === 'separated' && (separatedAt ?? 0) >= latest - RECENT_MS
      if (stage === 'separating' || isRecent) this.#checks.set(id, { done: Promise.withResolvers(), isRunning: false })
    }
  }

  /** Resolves when a song was looked into, in its turn; at once where there is nothing to look for. */
  whenDone(songId: number): Promise<void> {
    return this.#checks.get(songId)?.done.promise ?? Promise.resolve()
  }

  /** The same for somebody who waits for it: it is looked into now. */
  whenDoneNow(songId: number): Promise<void> {
    const check = this.#checks.get(songId)
    if (check) void this.#run(songId, check)
    return this.whenDone(songId)
  }

  /** Looks into all of them, one after the other. */
  async runAll(): Promise<void> {
    for (const songId of this.#checks.keys()) {
      if (this.#isClosed) return
      await this.whenDoneNow(songId)
    }
  }

  /** Lets go of whoever waits; the next start looks into those that have not begun. */
  close(): void {
    this.#isClosed = true
    for (const { done } of this.#checks.values()) done.resolve()
  }

  async #run(songId: number, check: Check): Promise<void> {
    if (check.isRunning) return
    check.isRunning = true
    await this.#state.faults
      .retry(() => (this.#isClosed ? undefined : this.#check(songId)))
      .catch((error: unknown) => {
        this.#state.log.error({ err: error }, `Server: Music[${songId}] - its files could not be checked.`)
      })
    this.#checks.delete(songId)
    check.done.resolve()
  }

  async #check(songId: number): Promise<void> {
    const { db, folders, log } = this.#state
    const song = getSong(db, songId)
    if (!song) return
    await removeHalfWritten(folders, songId)
    const broken = await checkSong({ db, folders, song })
    if (broken === 0) return
    log.warn(`Server: Music[${songId}] - ${broken} results were lost and are done again.`)
    if (song.state === 'separated') reopenSong(db, songId)
    this.#announcer.whole(songId)
  }
}
