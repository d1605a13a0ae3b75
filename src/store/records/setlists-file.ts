import { isDeepStrictEqual } from 'node:util'
import type { Log } from '../../log.ts'
import { messageOf } from '../../song/errors.ts'
import type { FaultMonitor } from '../data-folder/fault-monitor.ts'
import type { Database } from '../ledger/database.ts'
import type { LedgerChange } from '../ledger/ledger-changes.ts'
import { type Folders, setlistsPath } from '../song-files/paths.ts'
import { readJsonFile, writeJsonFile } from './json-file.ts'
import { SetlistsRecord, setlistsRecordOf } from './setlists-record.ts'

type SetlistsFileOptions = { db: Database; folders: Folders; log: Log; faults: FaultMonitor }

/** The record of a ledger that never had a setlist. No file is written for it. */
const NO_SETLISTS: SetlistsRecord = { format: 1, lastId: 0, setlists: [] }

/**
 * Keeps setlists.json in line with the ledger, so that the setlists of a lost ledger can be rebuilt. The ledger is the truth. A
 * write that fails is repeated later.
 */
export class SetlistsFile {
  readonly #options: SetlistsFileOptions
  /** Writes run one after another. */
  #running: Promise<void> = Promise.resolve()
  /** The write that has not begun. It will write what the ledger says then. */
  #next: Promise<void> | null = null
  #hasMissed = false

  constructor(options: SetlistsFileOptions) {
    this.#options = options
  }

  /** Must be called after each COMMIT, with the changes of that transaction. */
  noteChanges(changes: readonly LedgerChange[]): void {
    if (changes.some(({ kind }) => kind === 'setlists-changed')) void this.save()
  }

  /** Resolves when the file has all present setlists, or cannot be written now. */
  save(): Promise<void> {
    this.#next ??= this.#running.then(() => {
      this.#next = null
      return this.#write()
    })
    this.#running = this.#next
    return this.#next
  }

  /** Writes the file again if its last write failed. */
  retryFailedWrite(): void {
    if (this.#hasMissed) void this.save()
  }

  /** Updates the file after a start, if it is missing or outdated. */
  async reconcile(): Promise<void> {
    const { db, folders } = this.#options
    const saved = await readJsonFile(setlistsPath(folders), SetlistsRecord).catch(() => null)
    if (!isDeepStrictEqual(saved ?? NO_SETLISTS, setlistsRecordOf(db))) await this.save()
  }

  close(): Promise<void> {
    return this.#running
  }

  async #write(): Promise<void> {
    const { db, folders, log, faults } = this.#options
    try {
      await writeJsonFile(setlistsPath(folders), setlistsRecordOf(db))
      this.#hasMissed = false
    } catch (error) {
      this.#hasMissed = true
      if (!faults.classify(error)) log.warn(`Server: setlists.json could not be written: ${messageOf(error)}`)
    }
  }
}
