import { rmdirSync } from 'node:fs'
import { whyUnwritable } from '../../platform/file-faults.ts'
import { makeFolders } from '../../platform/make-folders.ts'
import { UserError } from '../../song/errors.ts'
import { isGarbled } from './byte-path.ts'
import { SongDraft } from './song-draft.ts'

/** The advice in messages about an output folder that cannot be written. */
export const WAY_OUT = 'Choose another folder with -o.'

/** The folder that songs are written to. It is made when it is missing, and removed again when nothing was written. */
export class OutputFolder {
  readonly path: string
  readonly #made: readonly string[]

  private constructor(path: string, made: readonly string[]) {
    this.path = path
    this.#made = made
  }

  /** Throws a UserError when nothing can be written there. */
  static async open(path: string): Promise<OutputFolder> {
    if (path === '') throw new UserError('The argument of -o is empty (""). Name a folder.', { code: 'usage' })
    if (isGarbled(path)) {
      const said = `${path} cannot be written: its name is no UTF-8. Choose another folder with -o, or change to it and put -o .`
      throw new UserError(said, { code: 'usage' })
    }
    try {
      const folder = new OutputFolder(path, makeFolders(path))
      await (await SongDraft.open(path)).discard()
      return folder
    } catch (error) {
      throw outputFault(error, path)
    }
  }

  /** Removes those of the folders made by `open` that are empty. */
  close(): void {
    for (const folder of this.#made.toReversed()) {
      try {
        rmdirSync(folder)
      } catch {
        return // it holds songs
      }
    }
  }
}

/** Turns an error of the file system into a UserError; returns other errors as they are. */
export function outputFault(error: unknown, path: string): unknown {
  const why = error instanceof UserError ? null : whyUnwritable(error, WAY_OUT)
  return why === null ? error : new UserError(`${path} cannot be written: ${why}`, { code: 'usage', cause: error })
}
