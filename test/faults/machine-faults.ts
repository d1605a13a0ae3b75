import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { mkdtemp, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { environmentOf } from '../support/proc.ts'
import { startProcess } from '../support/system.ts'
import type { Lab } from './lab.ts'

/* Faults that an operator or another program causes to a running server. Each is undone, also after an exception. */

const run = promisify(execFile)
/** The server writes all the time, but none of its transactions takes that long. */
const LEDGER_WITHIN_MS = 10_000
const ENDS_WITHIN_MS = 30_000

/** While `work` runs, another program locks the ledger, as a database shell or a backup tool does. */
export async function withLedgerHeld<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const shell = new DatabaseSync(join(folder, 'ledger.sqlite'))
  try {
    shell.exec(`PRAGMA busy_timeout = ${LEDGER_WITHIN_MS}; BEGIN IMMEDIATE`)
    return await work()
  } finally {
    if (shell.isTransaction) shell.exec('ROLLBACK')
    shell.close()
  }
}

/**
 * While `work` runs, a folder is on a file system that is mounted read-only. Open files and the processes that use them
 * stay as they are: `remount,ro` of the file system itself would fail with EBUSY.
 */
export async function withFolderReadOnly<T>(folder: string, work: () => Promise<T>): Promise<T> {
  // It is made read-only in another place, where no file is open, and then moved over the folder.
  const stage = await mkdtemp(join(tmpdir(), 'minus-one-read-only-'))
  await run('mount', ['--bind', folder, stage])
  await run('mount', ['-o', 'remount,bind,ro', stage])
  await run('mount', ['--move', stage, folder])
  try {
    return await work()
  } finally {
    await run('umount', ['--lazy', folder])
    await rmdir(stage)
  }
}

/** While `work` runs, a folder is moved away. Throws when the server has made it again. */
export async function withFolderAway<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const away = `${folder}-away`
  renameSync(folder, away)
  let isMadeAnew = false
  try {
    return await work()
  } finally {
    isMadeAnew = existsSync(folder)
    await rm(folder, { recursive: true, force: true })
    renameSync(away, folder)
    assert.ok(!isMadeAnew, `nobody makes ${folder} anew`)
  }
}

/** While `work` runs, a process may open only `spare` more files and connections than now. */
export async function withFewDescriptors<T>(
  { pid, spare }: { pid: number; spare: number },
  work: () => Promise<T>,
): Promise<T> {
  const soft = /^Max open files\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'latin1'))?.[1] ?? ''
  const open = readdirSync(`/proc/${pid}/fd`).length
  await run('prlimit', ['--pid', String(pid), `--nofile=${open + spare}:`])
  try {
    return await work()
  } finally {
    await run('prlimit', ['--pid', String(pid), `--nofile=${soft}:`])
  }
}

/**
 * Starts a second server with the settings of the lab's, the data folder among them, and waits until it has ended.
 * @param changed settings that differ from those of the first server
 */
export async function serveAgain(
  lab: Lab,
  changed: Record<string, string> = {},
): Promise<{ code: number | null; said: string; ms: number }> {
  const settings = environmentOf(lab.system.child.pid ?? 0).flatMap((line) => {
    const at = line.indexOf('=')
    return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : []
  })
  const began = performance.now()
  const second = startProcess(['serve'], { ...Object.fromEntries(settings), ...changed })
  const tooLate = setTimeout(() => second.child.kill('SIGKILL'), ENDS_WITHIN_MS)
  const [code] = (await once(second.child, 'close')) as [number | null]
  clearTimeout(tooLate)
  return { code, said: second.log(), ms: performance.now() - began }
}
