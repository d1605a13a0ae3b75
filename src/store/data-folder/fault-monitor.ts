import { accessSync, constants } from 'node:fs'
import { rm } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import type { Log } from '../../log.ts'
import { FolderGone, TRANSIENT_FAULTS, type TransientFault, transientFaultOf } from '../../platform/transient-fault.ts'
import { messageOf } from '../../song/errors.ts'
import type { Database } from '../ledger/database.ts'
import { type Folders, incomingFolder, songsFolder } from '../song-files/paths.ts'
import type { FolderLock } from './folder-lock.ts'

const PROBE_EVERY_MS = 500
const RETRY_MS = 250
const MAX_TRIES = 5
/** Failed reads of a file that lie further apart than this are not the same trouble: it was read in between. */
const TRIES_WITHIN_MS = 60_000
/** A fault that cannot be probed, such as a full disk, is over when nobody has met it for this long. */
const OVER_AFTER_QUIET_MS = 10_000
/** During these faults nothing can be written. Other faults stop only the work that needs the missing resource. */
const STOPS_WORK: ReadonlySet<TransientFault> = new Set([
  'ledger-busy',
  'ledger-damaged',
  'read-only',
  'disk-error',
  'folder-gone',
])

type Current = { fault: TransientFault; at: number }

/**
 * Detects transient faults of the ledger, the disk and the machine. It is the only place that separates them from defects. It
 * logs when a fault begins and ends, and probes twice a second whether it is over.
 */
export class FaultMonitor {
  readonly #db: Database
  readonly #lock: FolderLock
  readonly #folders: Folders
  readonly #log: Log
  readonly #triesWithinMs: number
  readonly #onOver: (() => void)[] = []
  readonly #timer: NodeJS.Timeout
  #current: Current | null = null
  readonly #triesByFile = new Map<string, { tries: number; at: number }>()
  #isClosed = false

  constructor({
    db,
    lock,
    folders,
    log,
    triesWithinMs = TRIES_WITHIN_MS,
  }: {
    db: Database
    lock: FolderLock
    folders: Folders
    log: Log
    triesWithinMs?: number
  }) {
    this.#db = db
    this.#lock = lock
    this.#folders = folders
    this.#log = log
    this.#triesWithinMs = triesWithinMs
    this.#timer = setInterval(() => this.probe(), PROBE_EVERY_MS)
    this.#timer.unref()
  }

  /** Registers a listener that is called whenever a fault is over. */
  onOver(listener: () => void): void {
    this.#onOver.push(listener)
  }

  /** The current fault, or null. */
  get current(): TransientFault | null {
    return this.#current?.fault ?? null
  }

  get stopsWork(): boolean {
    return this.#current !== null && STOPS_WORK.has(this.#current.fault)
  }

  /** Finds the transient fault behind an error, and records it as the current one. Returns null for defects and user errors. */
  classify(error: unknown): TransientFault | null {
    const fault = transientFaultOf(error)
    if (fault === null || mayConcernOneFile(fault, error)) {
      // A missing folder causes many kinds of errors, so the folder itself is probed.
      const lasting = this.probe()
      return lasting ?? (fault !== null && this.#countTry(error) ? fault : null)
    }
    this.#begin(fault, error)
    return fault
  }

  /**
   * Counts failed reads of one file on a healthy disk.
   * @returns false once the tries are used up: then the song of that file fails
   */
  #countTry(error: unknown): boolean {
    const file = (error as NodeJS.ErrnoException).path ?? messageOf(error)
    const now = performance.now()
    for (const [known, { at }] of this.#triesByFile) if (now - at > this.#triesWithinMs) this.#triesByFile.delete(known)
    const tries = (this.#triesByFile.get(file)?.tries ?? 0) + 1
    if (tries > MAX_TRIES) {
      this.#triesByFile.delete(file)
      return false
    }
    if (tries === 1) this.#log.warn(`Server: ${messageOf(error)} (${file}); the server tries again.`)
    this.#triesByFile.set(file, { tries, at: now })
    return true
  }

  /**
   * Runs work that a timer or a message has started. A transient fault ends the work, and the next timer or message tries
   * again.
   */
  guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      if (!this.classify(error)) throw error
    }
  }

  /**
   * Repeats `work` while it fails with a transient fault.
   * @param withinMs after this time the fault is thrown
   */
  async retry<T>(work: () => T | Promise<T>, { withinMs = Number.POSITIVE_INFINITY } = {}): Promise<T> {
    const deadline = performance.now() + withinMs
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (!this.classify(error) || performance.now() >= deadline) throw error
        await setTimeout(RETRY_MS)
      }
    }
  }

  /**
   * Removes a file. If DATA_DIR cannot be written or is missing, the file is removed later, and the caller does not wait for
   * that.
   */
  async remove(path: string): Promise<void> {
    const removeNow = async (): Promise<void> => {
      this.assertWritable()
      await rm(path, { force: true })
    }
    // If the server stops before a retry succeeds, the next start removes the file.
    await removeNow().catch(() => void this.retry(removeNow).catch(() => undefined))
  }

  /** Throws the error that prevents writing to the ledger or the folder now, if there is one. */
  assertWritable(): void {
    this.#lock.assertHeld()
    this.#db.assertCanWrite()
    for (const folder of [incomingFolder(this.#folders), songsFolder(this.#folders)]) assertFolder(folder)
  }

  /**
   * Checks whether the ledger and the folder can be written.
   * @returns the fault that prevents it, or null
   */
  probe(): TransientFault | null {
    if (this.#isClosed) return null
    try {
      this.assertWritable()
    } catch (error) {
      const fault = transientFaultOf(error)
      if (!fault) throw error
      this.#begin(fault, error)
      return fault
    }
    this.#end()
    return null
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#timer)
  }

  #begin(fault: TransientFault, error: unknown): void {
    const isNew = this.#current?.fault !== fault
    this.#current = { fault, at: performance.now() }
    if (isNew) this.#log.error(`Server: ${TRANSIENT_FAULTS[fault].message} (${messageOf(error)})`)
  }

  #end(): void {
    if (!this.#current) return
    const { fault, at } = this.#current
    if (!STOPS_WORK.has(fault) && performance.now() - at < OVER_AFTER_QUIET_MS) return
    this.#current = null
    this.#log.info(`Server: ${fault} is over; work continues.`)
    for (const listener of this.#onOver) listener()
  }
}

/** Whether a file system error may concern a single file, and not the disk. */
function mayConcernOneFile(fault: TransientFault, error: unknown): boolean {
  const isLedgerError = (error as { code?: unknown }).code === 'ERR_SQLITE_ERROR'
  return !isLedgerError && (fault === 'read-only' || fault === 'disk-error')
}

function assertFolder(folder: string): void {
  try {
    accessSync(folder, constants.W_OK)
  } catch (cause) {
    if (transientFaultOf(cause)) throw cause
    throw new FolderGone(`${folder} is gone: ${messageOf(cause)}`, { cause })
  }
}
