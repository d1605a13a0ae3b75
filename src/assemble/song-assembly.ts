import pLimit, { type LimitFunction } from 'p-limit'
import type { Log } from '../log.ts'
import type { Database } from '../store/ledger/database.ts'
import { getSong, type Song, secondsSince } from '../store/queries/songs.ts'
import type { SongRecords } from '../store/records/song-records.ts'
import type { Folders } from '../store/song-files/paths.ts'
import { removePartials } from '../store/song-files/song-folder.ts'
import { filesOfSong, markFileReady, mixFile, stemFile } from '../store/tables/files.ts'
import { finishSeparation } from '../store/transitions/songs.ts'
import type { SongTasks } from '../tasks/song-tasks.ts'
import { finishBlocks, finishStems, isWholeSongFinal } from './blocks.ts'
import { confirmInputs } from './confirm-inputs.ts'

type SongAssemblyOptions = {
  db: Database
  folders: Folders
  log: Log
  records: Pick<SongRecords, 'saveSong'>
  tasks: SongTasks
  /** Resolves when a song's files have been compared with the ledger after a start. */
  whenChecked(songId: number): Promise<void>
  onSeparated(song: Song): void
}

/** Turns results into blocks and blocks into stems, one step at a time. */
export class SongAssembly {
  readonly #options: SongAssemblyOptions
  readonly #limit: LimitFunction = pLimit(1)

  constructor(options: SongAssemblyOptions) {
    this.#options = options
  }

  /** Makes the blocks final that a result completes, and finishes the stems after the last block. */
  addResult({ songId, segment }: { songId: number; segment: number }): void {
    this.#run(songId, async () => {
      const { db, folders, log } = this.#options
      const song = getSong(db, songId)
      if (!song) return
      if (song.isDecoded) await confirmInputs({ db, folders, log, song })
      await finishBlocks({ db, folders, songId, segment })
      await this.#finishSong(songId)
    })
  }

  /** The whole song is decoded, so its inputs can be confirmed. All blocks may be final already. */
  confirmDecoded(songId: number): void {
    this.#run(songId, async () => {
      const { db, folders, log } = this.#options
      const song = getSong(db, songId)
      if (song?.isDecoded) await confirmInputs({ db, folders, log, song })
      await this.#finishSong(songId)
    })
  }

  /** Finishes a song if every block is final: its stems become files and its state `separated`. */
  async #finishSong(songId: number): Promise<void> {
    const { db, folders, log, records } = this.#options
    const song = getSong(db, songId)
    if (song?.state !== 'separating' || !isWholeSongFinal(db, song)) return
    await finishStems({ folders, song })
    const isFinished = db.transaction(() => {
      if (!finishSeparation(db, songId)) return false
      // From now on the quota counts the mix as the song's remaining need.
      if (song.kept) mixFile(db, { songId, mix: { tracks: song.kept, gains: {} } })
      markStemsReady(db, song)
      return true
    })
    if (!isFinished) return
    await removePartials(folders, songId)
    await records.saveSong(songId)
    const seconds = secondsSince(db, song.askedAt)
    log.info({ songId, seconds }, `Server: Music[${songId}] - separated in ${seconds.toFixed(2)}[s]`)
    this.#options.onSeparated(song)
  }

  #run(songId: number, work: () => Promise<void>): void {
    this.#options.tasks.run({ songId, limit: this.#limit, work, after: this.#options.whenChecked(songId) })
  }
}

/** Marks the stems of a separated song as ready to be fetched, unless they are. */
export function markStemsReady(db: Database, { id: songId, tracks }: Song): void {
  const ready = new Set(filesOfSong(db, songId).flatMap(({ trackId, isReady }) => (isReady ? [trackId] : [])))
  for (const { id: trackId } of tracks) if (!ready.has(trackId)) markFileReady(db, stemFile(db, { songId, trackId }))
}
