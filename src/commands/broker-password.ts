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
import { UserError } from '../song/errors.ts'
import { makeFolders } from '../song/make-folders.ts'

/*
 * The embedded broker's password where nobody chose one: random, new with every start, in a file that only the user who
 * runs the server can read, one for each port. Workers of that user on that machine read it whenever they dial, so that one
 * that outlives its server comes back to the next one. The file names its server's process as well: one that a killed server
 * left is passed over, so that it keeps nobody from a RabbitMQ that has the port now.
 */

const PASSWORD_BYTES = 32
const MOST_FILE_BYTES = 1_024
const OTHERS = 0o077
const CONTENT = /^(?<pid>\d+) (?<password>\S+)$/

export function newPassword(): string {
  return randomBytes(PASSWORD_BYTES).toString('base64url')
}

/** Writes the file for this port, whole or not at all. Throws a UserError where that would not be safe, or fails. */
export function keepPassword({ port, password }: { port: number; password: string }): void {
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
 * What the file for this port says; null where there is none, others could have read or written it, or its server is gone.
 * The server may have been started in another environment, as by systemd, so it is looked for in every run folder.
 */
export function keptPassword(port: number): string | null {
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
    if (!found.isFile() || !isOurs(found) || isOpenToOthers(found) || found.size > MOST_FILE_BYTES) return null
    const { pid, password } = CONTENT.exec(readFileSync(file, 'utf8'))?.groups ?? {}
    process.kill(Number(pid), 0) // throws where there is no such process of ours
    return password ?? null
  } catch {
    return null
  } finally {
    if (file !== null) closeSync(file)
  }
}

/** To be called while the port is still held: afterwards the file may be another server's. */
export function forgetPassword(port: number): void {
  rmSync(passwordPath(runFolder(), port), { force: true })
}

/** Folders of networks are shared by machines, ports are not. */
function passwordPath(folder: string, port: number): string {
  return join(folder, `broker-${hostname()}-${port}`)
}

/** Where this process leaves it: gone with the session (XDG Base Directory Specification), or else with the user's state. */
function runFolder(): string {
  return sessionFolders()[0] ?? stateFolder()
}

/** Where the programs of one user find each other, in whatever environment they were started. */
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

/** Windows has neither owners nor modes of this kind; its folders of users are private. */
function isOpenToOthers({ mode }: Stats): boolean {
  return process.getuid !== undefined && (mode & OTHERS) !== 0
}
