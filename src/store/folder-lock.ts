import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { makeFolders } from '../song/make-folders.ts'
import { FolderGone, passingFaultOf } from '../song/passing-fault.ts'

/** Who has a data folder to itself. */
const Holder = z.object({ command: z.string(), pid: z.int(), host: z.string(), since: z.int() })
export type Holder = z.infer<typeof Holder>

export type FolderLock = {
  /** Throws FolderGone where the lock file was removed or replaced: somebody else may take the folder then. */
  assertHeld(): void
  /** Lets the folder go; the end of the process does so as well, whatever way it ends. */
  release(): void
}

const BUSY_TIMEOUT_MS = 500

/**
 * Takes a data folder for this process alone, or tells who has it.
 *
 * The lock is an open write transaction on `lock.sqlite`, by SQLite a lock of the operating system on the file (fcntl on
 * Linux), which ends with its process however that ends: nothing is left behind that somebody would have to remove. Others can
 * still read who holds it, since a write transaction that has written nothing keeps no reader out (SQLite, "File Locking And
 * Concurrency", RESERVED). On NFS this is as good as the locks of NFS are; over SMB with `nobrl` it does not hold.
 *
 * Throws the error of the file system or SQLite where the lock file cannot be written.
 * @returns undefined as holder where somebody has it but has not said who yet
 */
export function lockFolder(
  path: string,
  command: string,
): { lock: FolderLock } | { lock: null; holder: Holder | undefined } {
  // mkdir of a folder on a read-only file system says that it does not exist.
  accessSync(nearestFolder(dirname(path)), constants.W_OK)
  makeFolders(dirname(path))
  const sqlite = new DatabaseSync(path)
  try {
    sqlite.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; BEGIN IMMEDIATE`)
    sqlite.exec('CREATE TABLE IF NOT EXISTS holder (value TEXT NOT NULL) STRICT; DELETE FROM holder')
    const holder: Holder = { command, pid: process.pid, host: hostname(), since: Date.now() }
    sqlite.prepare('INSERT INTO holder VALUES (?)').run(JSON.stringify(holder))
    sqlite.exec('COMMIT; BEGIN IMMEDIATE')
    const held = statSync(path)
    return {
      lock: {
        assertHeld() {
          const now = statSync(path, { throwIfNoEntry: false })
          if (now?.ino !== held.ino || now.dev !== held.dev)
            throw new FolderGone(`${path} was removed while it was held.`)
        },
        release: () => sqlite.close(),
      },
    }
  } catch (error) {
    sqlite.close()
    if (passingFaultOf(error) !== 'ledger-busy') throw error
    return { lock: null, holder: readHolder(path) }
  }
}

/** Whether somebody has the folder, and who; null where nobody has. Changes nothing. */
export function findHolder(path: string): Holder | 'unknown' | null {
  if (!existsSync(path)) return null
  let sqlite: DatabaseSync | undefined
  try {
    sqlite = new DatabaseSync(path)
    sqlite.exec('PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; ROLLBACK')
    return null
  } catch (error) {
    return passingFaultOf(error) === 'ledger-busy' ? (readHolder(path) ?? 'unknown') : null
  } finally {
    sqlite?.close()
  }
}

/** "minus-one serve, process 1234 on studio, since 2026-11-26 14:03:12 UTC": for messages. */
export function describeHolder(holder: Holder | 'unknown' | undefined): string {
  if (holder === undefined || holder === 'unknown') return 'another process'
  const { command, pid, host, since } = holder
  const time = new Date(since).toISOString().replace('T', ' ').slice(0, 19)
  return `${command}, process ${pid} on ${host}, since ${time} UTC`
}

/** A folder, or where it is not there, the one in which it will be made. */
export function nearestFolder(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : nearestFolder(dirname(path))
}

function readHolder(path: string): Holder | undefined {
  let sqlite: DatabaseSync | undefined
  try {
    sqlite = new DatabaseSync(path, { readOnly: true })
    const row = sqlite.prepare('SELECT value FROM holder').get() as { value: string } | undefined
    return Holder.parse(JSON.parse(row?.value ?? 'null'))
  } catch {
    return undefined
  } finally {
    sqlite?.close()
  }
}
