import { randomBytes, randomUUID } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs'
import { homedir, hostname } from 'node:os'
import { join } from 'node:path'
import { makeFolders } from '../platform/make-folders.ts'
import { UserError } from '../song/errors.ts'

/*
 * The embedded broker's password if BROKER_PASSWORD is not set. Each start of the server makes a new random password and writes
 * it to a file, one file for each port. Only the user who runs the server can read the file. That user's workers on the same
 * machine read it for each connection, so a worker that outlives its server finds the password of the next one. The file also
 * holds the process id of its server. Workers ignore the file of a server that has ended, so they can log in to a RabbitMQ that
 * has the port now.
 */

const PASSWORD_BYTES = 32
const MAX_FILE_BYTES = 1_024
/** The mode bits that give access to users other than the owner. */
const OTHERS = 0o077
const CONTENT = /^(?<pid>\d+) (?<password>\S+)$/

export function newPassword(): string {
  return randomBytes(PASSWORD_BYTES).toString('base64url')
}

/** Writes the file for this port, whole or not at all. Throws a UserError when that fails or would not be safe. */
export function writePasswordFile({ port, password }: { port: number; password: string }): void {
  const folder = runFolder()
  const unfinished = join(folder, `${randomUUID()}.part`)
  try {
    makeFolders(folder, 0o700)
    const found = lstatSync(folder)
    if (!found.isDirectory() || !isOurs(found))
      throw new UserError(`${folder} is no folder of this user`, { code: 'config' })
    if (isOpenToOthers(found)) chmodSync(folder, 0o700)
    try {
      writeFileSync(unfinished, `${process.pid} ${password}`, { flag: 'wx', mode: 0o600 })
      renameSync(unfinished, passwordPath(folder, port))
    } finally {
      rmSync(unfinished, { force: true })
    }
  } catch (cause) {
    throw new UserError(
      `The password of the embedded broker cannot be kept in ${folder}: workers that are started by themselves need BROKER_PASSWORD, set to the same here and there. Or let XDG_RUNTIME_DIR name a folder that only this user can write.`,
      { code: 'config', cause },
    )
  }
}

/**
 * Reads the password for this port. Null when there is no file, when others could have read or written it, or when its server
 * has ended. Searches all run folders, because the server may run in another environment, such as systemd's.
 */
export function readPasswordFile(port: number): string | null {
  for (const folder of runFolders()) {
    const password = passwordIn(folder, port)
    if (password !== null) return password
  }
  return null
}

function passwordIn(folder: string, port: number): string | null {
  let file: number | null = null
  try {
    if (!isOurs(lstatSync(folder))) return null
    file = openSync(passwordPath(folder, port), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
    const found = fstatSync(file)
    if (!found.isFile() || !isOurs(found) || isOpenToOthers(found) || found.size > MAX_FILE_BYTES) return null
    const { pid, password } = CONTENT.exec(readFileSync(file, 'utf8'))?.groups ?? {}
    process.kill(Number(pid), 0) // throws when this user has no such process
    return password ?? null
  } catch {
    return null
  } finally {
    if (file !== null) closeSync(file)
  }
}

/** Call it before the port is free. After that the file may belong to another server. */
export function removePasswordFile(port: number): void {
  rmSync(passwordPath(runFolder(), port), { force: true })
}

/** The path contains the host name: machines may share a home folder on the network, but they do not share ports. */
function passwordPath(folder: string, port: number): string {
  return join(folder, `broker-${hostname()}-${port}`)
}

/**
 * The folder of this process's file: the session's folder (XDG Base Directory Specification), otherwise the user's state
 * folder.
 */
function runFolder(): string {
  return sessionFolders()[0] ?? stateFolder()
}

/** All folders in which a server of this user may have written its file. */
function runFolders(): string[] {
  return [...sessionFolders(), stateFolder()]
}

function sessionFolders(): string[] {
  const sessions = [process.env['XDG_RUNTIME_DIR'], `/run/user/${process.getuid?.()}`].filter(isOwnFolder)
  return sessions.map((session) => join(session, 'minus-one'))
}

function stateFolder(): string {
  return join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local/state'), 'minus-one', 'run')
}

function isOwnFolder(path: string | undefined): path is string {
  const found = path ? lstatSync(path, { throwIfNoEntry: false }) : undefined
  return found?.isDirectory() === true && isOurs(found)
}

function isOurs({ uid }: Stats): boolean {
  return process.getuid === undefined || uid === process.getuid()
}

/** Windows has no owners and modes of this kind; there a user's folders are private. */
function isOpenToOthers({ mode }: Stats): boolean {
  return process.getuid !== undefined && (mode & OTHERS) !== 0
}
