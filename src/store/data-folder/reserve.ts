import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { passingFaultOf } from '../../platform/passing-fault.ts'
import { type Folders, reservePath } from '../song-files/paths.ts'

/** The size of the write-ahead log for deleting thousands of songs. */
const RESERVE_BYTES = 1 << 20

/** Creates a file that reserves disk space for deletions on a full disk. If the disk is full now, a later call creates it. */
export function ensureReserve(folders: Folders): void {
  if (statSync(reservePath(folders), { throwIfNoEntry: false })?.size === RESERVE_BYTES) return
  try {
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

/** Runs work that frees space. If the disk is full, it removes the reserve file and runs the work again. */
export function withReserve<T>(folders: Folders, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (passingFaultOf(error) !== 'no-room') throw error
    rmSync(reservePath(folders), { force: true })
    return work()
  }
}
