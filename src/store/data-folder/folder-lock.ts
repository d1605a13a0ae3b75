import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { makeFolders } from '../../platform/make-folders.ts'
import { FolderGone, transientFaultOf } from '../../platform/transient-fault.ts'

/** The process that holds the lock of a data folder. */
const Holder = z.object({ command: z.string(), pid: z.int(), host: z.string(), since: z.int() })
export type Holder = z.infer<typeof Holder>

export type FolderLock = {
  /** Throws FolderGone if the lock file was removed or replaced, because then another process can take the lock. */
  assertHeld(): void
  /** Releases the lock. The operating system also releases it when the process ends, however it ends. */
  release(): void
}

const BUSY_TIMEOUT_MS = 500

/**
 * Locks a data folder for this process, or returns the current holder.
 *
 * The lock is an open write transaction on `lock.sqlite`. SQLite implements it as an operating system lock on the file
 * (fcntl on Linux). It ends with its process, so a crash leaves no stale lock. Other processes can still read who holds it,
 * because a write transaction that has written nothing does not block readers (SQLite, "File Locking And Concurrency",
 * RESERVED). On NFS the lock is as reliable as NFS locks are. Over SMB with `nobrl` it does not work.
 *
 * Throws the error of the file system or of SQLite if the lock file cannot be written.
 * @returns holder: undefined if another process holds the lock but has not written its name yet
 */
export function lockFolder(
  path: string,
  command: string,
): { lock: FolderLock } | { lock: null; holder: Holder | undefined } {
  // On a read-only file system mkdir reports a misleading ENOENT, so the right to write is checked first.
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
            throw new FolderGone(`${path} was removed or replaced while this process held the lock.`)
        },
        release: () => sqlite.close(),
      },
    }
  } catch (error) {
    sqlite.close()
    if (transientFaultOf(error) !== 'ledger-busy') throw error
    return { lock: null, holder: readHolder(path) }
  }
}

/** Returns the holder of a folder's lock, or null if it is free. Changes nothing. */
export function findHolder(path: string): Holder | 'unknown' | null {
  if (!existsSync(path)) return null
  let sqlite: DatabaseSync | undefined
  try {
    sqlite = new DatabaseSync(path)
    sqlite.exec('PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; ROLLBACK')
    return null
  } catch (error) {
    return transientFaultOf(error) === 'ledger-busy' ? (readHolder(path) ?? 'unknown') : null
  } finally {
    sqlite?.close()
  }
}

/** For messages: "minus-one serve, process 1234 on studio, since 2026-11-26 14:03:12 UTC". */
export function describeHolder(holder: Holder | 'unknown' | undefined): string {
  if (holder === undefined || holder === 'unknown') return 'another process'
  const { command, pid, host, since } = holder
  const time = new Date(since).toISOString().replace('T', ' ').slice(0, 19)
  return `${command}, process ${pid} on ${host}, since ${time} UTC`
}

/** The path itself if it exists, else its nearest existing parent folder. */
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
