import { closeSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs'
import { transientFaultOf } from '../../platform/transient-fault.ts'
import { type Folders, reservePath } from '../song-files/paths.ts'

/** The size of the write-ahead log for deleting thousands of songs. */
const RESERVE_BYTES = 1 << 20
/** The reserve does not take the last bytes of a disk: with those the ledger can still be written. */
const MIN_FREE_BYTES = 4 * RESERVE_BYTES
const CREATE_EVERY_MS = 500

/**
 * A file that reserves disk space for deletions on a full disk. While it is missing, it is created as soon as the disk has
 * space for it.
 */
export class Reserve {
  readonly #folders: Folders
  #creating: NodeJS.Timeout | null = null

  constructor(folders: Folders) {
    this.#folders = folders
    this.#create()
  }

  /** Runs work that frees space. If the disk is full, it removes the file and runs the work again. */
  use<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (transientFaultOf(error) !== 'no-room') throw error
      rmSync(reservePath(this.#folders), { force: true })
      this.#createLater()
      return work()
    }
  }

  close(): void {
    if (this.#creating) clearTimeout(this.#creating)
    this.#creating = null
  }

  #create(): void {
    try {
      if (this.#isThere()) return
      const { bavail, bsize } = statfsSync(this.#folders.root)
      if (bavail * bsize >= MIN_FREE_BYTES) this.#write()
    } catch (error) {
      if (!transientFaultOf(error)) throw error
    }
    if (!this.#isThere()) this.#createLater()
  }

  #createLater(): void {
    this.#creating ??= setTimeout(() => {
      this.#creating = null
      this.#create()
    }, CREATE_EVERY_MS).unref()
  }

  #isThere(): boolean {
    return statSync(reservePath(this.#folders), { throwIfNoEntry: false })?.size === RESERVE_BYTES
  }

  #write(): void {
    const file = openSync(reservePath(this.#folders), 'w')
    try {
      writeSync(file, Buffer.alloc(RESERVE_BYTES))
    } finally {
      closeSync(file)
    }
  }
}
