import type { Log } from '../../log.ts'
import { messageOf } from '../../song/errors.ts'
import type { FaultMonitor } from '../data-folder/fault-monitor.ts'
import type { Database } from '../ledger/database.ts'
import { knownSongIds } from '../queries/deleted-songs.ts'
import { type Folders, personRecordPath, songRecordPath } from '../song-files/paths.ts'
import { moveUnreadableAside, readJsonFile, writeJsonFile } from './json-file.ts'
import { applyLostChanges } from './lost-changes.ts'
import { isSameRecord, PersonRecord, personRecordOf, SongRecord, songRecordOf } from './song-record.ts'

type Kind = 'song' | 'person'

type SongRecordsOptions = { db: Database; folders: Folders; log: Log; faults: FaultMonitor }

const KINDS = {
  song: { pathOf: songRecordPath, recordOf: songRecordOf },
  person: { pathOf: personRecordPath, recordOf: personRecordOf },
} as const

/**
 * Keeps song.json and person.json in line with the ledger, so that `recover` can rebuild the ledger from them. The ledger is
 * the truth. A write that fails is repeated later.
 */
export class SongRecords {
  readonly #options: SongRecordsOptions
  /** Writes of one record run one after another. Each writes what the ledger says when it begins. */
  readonly #writing = new Map<string, Promise<void>>()
  readonly #missed = new Map<string, { kind: Kind; songId: number }>()
  #isClosed = false

  constructor(options: SongRecordsOptions) {
    this.#options = options
  }

  /**
   * Saves song.json. Call it when the program has learned something about a song. Resolves when the file is written, or
   * cannot be written now.
   */
  saveSong(songId: number): Promise<void> {
    return this.#write('song', songId)
  }

  /**
   * Saves person.json. Call it when a user has changed something of a song. Resolves when the file is written, or cannot be
   * written now.
   */
  savePerson(songId: number): Promise<void> {
    return this.#write('person', songId)
  }

  /** Repeats the writes that failed. */
  retryFailedWrites(): void {
    const missed = [...this.#missed.values()]
    this.#missed.clear()
    for (const { kind, songId } of missed) void this.#write(kind, songId)
  }

  /**
   * Updates the records after a start: those that are missing, outdated or unreadable. Runs in the background, one song
   * after another.
   */
  async reconcile(): Promise<void> {
    for (const songId of knownSongIds(this.#options.db)) {
      for (const kind of ['song', 'person'] as const) {
        if (this.#isClosed) return
        await this.#options.faults
          .retry(() => this.#compare(kind, songId))
          .catch((error: unknown) => {
            this.#options.log.warn(
              { songId },
              `Server: Music[${songId}] - its ${kind}.json could not be compared: ${messageOf(error)}`,
            )
          })
      }
    }
  }

  async #compare(kind: Kind, songId: number): Promise<void> {
    const { db, folders, log } = this.#options
    const path = KINDS[kind].pathOf(folders, songId)
    const read = () => (kind === 'song' ? readJsonFile(path, SongRecord) : readJsonFile(path, PersonRecord))
    const saved = await read().catch(async () => {
      log.warn(
        { songId },
        `Server: Music[${songId}] - its ${kind}.json is unreadable and was moved to ${await moveUnreadableAside(path)}.`,
      )
      return null
    })
    const wanted = KINDS[kind].recordOf(db, songId)
    if (!wanted || (saved && isSameRecord(saved, wanted))) return
    if (kind === 'person' && (await applyLostChanges({ db, folders, songId })))
      log.warn(
        { songId },
        `Server: Music[${songId}] - its names and its mix were restored from person.json, because the ledger had lost them.`,
      )
    await this.#write(kind, songId)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#writing.values())
  }

  #write(kind: Kind, songId: number): Promise<void> {
    const key = `${kind}/${songId}`
    const before = this.#writing.get(key) ?? Promise.resolve()
    const writing = before.catch(() => undefined).then(() => this.#writeNow(kind, songId))
    this.#writing.set(key, writing)
    return writing.finally(() => {
      if (this.#writing.get(key) === writing) this.#writing.delete(key)
    })
  }

  async #writeNow(kind: Kind, songId: number): Promise<void> {
    const { db, folders, log, faults } = this.#options
    const { pathOf, recordOf } = KINDS[kind]
    try {
      const value = recordOf(db, songId)
      if (value) await writeJsonFile(pathOf(folders, songId), value)
    } catch (error) {
      const isDeleted = (error as NodeJS.ErrnoException).code === 'ENOENT' && !faults.classify(error)
      if (isDeleted) return
      if (!faults.classify(error))
        log.warn({ songId }, `Server: Music[${songId}] - its ${kind}.json could not be written: ${messageOf(error)}`)
      this.#missed.set(`${kind}/${songId}`, { kind, songId })
    }
  }
}
