import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { passingFaultOf } from '../song/passing-fault.ts'
import { type Folders, reservePath } from './paths.ts'

/** What the write-ahead log takes for the deletion of thousands of songs. */
const RESERVE_BYTES = 1 << 20

/** Keeps a little room on the disk, so that somebody can delete songs when it is full. Where there is none now, there will be. */
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

/** Does what makes room, with the room that is kept for it where there is no other. */
export function withReserve<T>(folders: Folders, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (passingFaultOf(error) !== 'no-room') throw error
    rmSync(reservePath(folders), { force: true })
    return work()
  }
}
