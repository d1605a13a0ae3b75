import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, link, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { UserError } from '../../song/errors.ts'

const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8)
const DRAFT_NAME = new RegExp(`^\\.minus-one-${HOST}-(?<pid>\\d+)-\\d+\\.part$`)
let drafts = 0

/**
 * The files of a song while they are written. They lie in a hidden folder on the disk of the output folder. They are published
 * all together or not at all. A killed process leaves its draft behind, which never holds the only copy of a file. The next
 * draft in the same folder removes it.
 */
export class SongDraft {
  readonly #target: string
  readonly #folder: string

  private constructor(target: string, folder: string) {
    this.#target = target
    this.#folder = folder
  }

  /** @param target the folder for the files; its parent folder has to exist */
  static async open(target: string): Promise<SongDraft> {
    const place = existsSync(target) ? target : dirname(target)
    await removeLeftovers(place)
    const draft = new SongDraft(target, join(place, `.minus-one-${HOST}-${process.pid}-${drafts++}.part`))
    await mkdir(draft.#folder)
    for (const folder of [draft.#files, draft.#replaced]) await mkdir(folder)
    return draft
  }

  /** The path for a copy of input that decoders cannot open by its path. */
  get spool(): string {
    return join(this.#folder, 'song')
  }

  pathOf(name: string): string {
    return join(this.#files, name)
  }

  /**
   * Moves the files to the target. Throws a UserError when a file that may not be replaced exists there, for example from
   * another run.
   */
  async publish({ mayReplace }: { mayReplace: boolean }): Promise<void> {
    if (!(await this.#moveAll())) await this.#moveEach(mayReplace)
    await this.discard()
  }

  async discard(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }

  get #files(): string {
    return join(this.#folder, 'files')
  }

  get #replaced(): string {
    return join(this.#folder, 'replaced')
  }

  /** Moves the whole folder. Resolves to false when the target exists. */
  async #moveAll(): Promise<boolean> {
    if (existsSync(this.#target)) return false
    try {
      await rename(this.#files, this.#target)
      return true
    } catch (error) {
      if (existsSync(this.#target)) return false // another run has made the target meanwhile
      throw error
    }
  }

  /**
   * Moves file by file, and undoes all moves when one fails. The path of an existing file always holds the old file or the new
   * one.
   */
  async #moveEach(mayReplace: boolean): Promise<void> {
    const undo: (() => Promise<void>)[] = []
    try {
      for (const name of await readdir(this.#files)) {
        const path = join(this.#target, name)
        const backup = join(this.#replaced, name)
        if (mayReplace && existsSync(path)) {
          await copy(path, backup)
          undo.unshift(() => rename(backup, path))
        } else {
          await reserve(path)
          undo.unshift(() => rm(path))
        }
        await rename(this.pathOf(name), path)
      }
    } catch (error) {
      for (const step of undo) await step().catch(() => undefined)
      throw error
    }
  }
}

export function alreadyThere(path: string): UserError {
  return new UserError(`${path} already exists. --force overwrites it, and -o writes to another folder.`, {
    code: 'exists',
  })
}

/** Makes an empty file, so that no other run can take the path. */
async function reserve(path: string): Promise<void> {
  try {
    await (await open(path, 'wx')).close()
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? alreadyThere(path) : error
  }
}

/** Makes a hard link when the file system has them, else a copy. */
async function copy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to))
}

async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = DRAFT_NAME.exec(name)?.groups?.['pid']
    if (pid !== undefined && !belongsToAnother(Number(pid)))
      await rm(join(folder, name), { recursive: true, force: true })
  }
}

function belongsToAnother(pid: number): boolean {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
