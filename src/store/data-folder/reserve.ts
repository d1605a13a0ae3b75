import { closeSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs'
import { passingFaultOf } from '../../platform/passing-fault.ts'
import { type Folders, reservePath } from '../song-files/paths.ts'

/** The size of the write-ahead log for deleting thousands of songs. */
const RESERVE_BYTES = 1 << 20

/** The reserve does not take the last bytes of a disk: with those the ledger can still be written. */
const MIN_FREE_BYTES = 4 * RESERVE_BYTES
const RESTORE_EVERY_MS = 500

/** Creates a file that reserves disk space for deletions on a full disk. If the disk is almost full now, a later call creates it. */
export function ensureReserve(folders: Folders): void {
  if (hasReserve(folders)) return
  try {
    const { bavail, bsize } = statfsSync(folders.root)
    if (bavail * bsize < MIN_FREE_BYTES) return
    const file = openSync(reservePath(folders), 'w')
    try {
      writeSync(file, Buffer.alloc(RESERVE_BYTES))
    } finally {
      closeSync(file)
    }
  } catch (error) {
    if (!passingFaultOf(error)) throw error
  }
}

/**
 * Runs work that frees space. If the disk is full, it removes the reserve file and runs the work again. The file is created
 * again as soon as the disk has space for it.
 */
export function withReserve<T>(folders: Folders, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (passingFaultOf(error) !== 'no-room') throw error
    rmSync(reservePath(folders), { force: true })
    restoreReserve(folders)
    return work()
  }
}

function hasReserve(folders: Folders): boolean {
  return statSync(reservePath(folders), { throwIfNoEntry: false })?.size === RESERVE_BYTES
}

function restoreReserve(folders: Folders): void {
  const timer = setInterval(() => {
    ensureReserve(folders)
    if (hasReserve(folders)) clearInterval(timer)
  }, RESTORE_EVERY_MS)
  timer.unref()
}
