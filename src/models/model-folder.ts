import { readdir, rm, rmdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { UserError } from '../song/errors.ts'

/** What an installed model consists of. Anything else in its folder somebody has put there. */
const MODEL_FILE = /^(?:model\.json|.+\.onnx(?:\.part)?)$/

/** What an interrupted or killed download has left is gone on with for so long. */
export const RESUMABLE_FOR_MS = 24 * 3_600_000

/**
 * Removes an installed model's files, and its folder where nothing else is in it.
 * @returns the names of what was left, since it is somebody's own
 */
export async function removeModelFiles(folder: string): Promise<string[]> {
  const names = await namesIn(folder)
  const own = names.filter((name) => !MODEL_FILE.test(name))
  // The description first: without it the rest is no model.
  for (const name of names.filter((each) => !own.includes(each)).sort(descriptionFirst))
    await rm(join(folder, name), { force: true })
  if (own.length === 0 && names.length > 0) await rmdir(folder)
  return own
}

/** Removes what downloads into a folder have left unfinished, and nobody has gone on with for a day. */
export async function removeOldParts(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (!name.endsWith('.part')) continue
    const path = join(folder, name)
    const changedAt = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    )
    if (Date.now() - changedAt > RESUMABLE_FOR_MS) await rm(path, { force: true })
  }
}

/** Throws a UserError where a folder of somebody's own stands in the place of a model that is to be installed. */
export async function refuseOthersFolder(place: string): Promise<void> {
  const own = (await namesIn(place)).filter((name) => !MODEL_FILE.test(name))
  if (own.length === 0) return
  throw new UserError(
    `${place} holds files that are not a model's (${own.slice(0, 5).join(', ')}), and ${basename(place)} would go there. Nothing was touched: move them away, or set MODELS_DIR to another folder.`,
    { code: 'folder-not-ours' },
  )
}

function descriptionFirst(a: string, b: string): number {
  return Number(b === 'model.json') - Number(a === 'model.json')
}

/** None where the folder is not there. */
async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return []
  })
}
