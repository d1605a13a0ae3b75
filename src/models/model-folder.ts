import { rm, rmdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { DAY_MS } from '../platform/durations.ts'
import { namesIn } from '../platform/names-in.ts'
import { UserError } from '../song/errors.ts'

/** The files of an installed model. Any other file in its folder belongs to the user. */
const MODEL_FILE = /^(?:model\.json|.+\.onnx(?:\.part)?)$/

/** An interrupted download can be continued for this long. */
export const RESUMABLE_FOR_MS = DAY_MS

/**
 * Removes an installed model's files, and its folder if it is empty then.
 * @returns the names of files that stay because they belong to the user
 */
export async function removeModelFiles(folder: string): Promise<string[]> {
  const names = await namesIn(folder)
  const own = names.filter((name) => !MODEL_FILE.test(name))
  // The description goes first: without it the other files are no model.
  for (const name of names.filter((each) => !own.includes(each)).sort(descriptionFirst))
    await rm(join(folder, name), { force: true })
  if (own.length === 0 && names.length > 0) await rmdir(folder)
  return own
}

/** Removes the unfinished downloads in a folder that were not continued for a day. */
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

/** Throws a UserError when the folder for a new model already exists and holds files of the user. */
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
