import { readdir, rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolders } from '../platform/make-folders.ts'
import { RESUMABLE_FOR_MS } from './model-folder.ts'

/*
 * The hidden folder beside the models in which an installation collects a model's files. One rename moves the model to its
 * place. The installation removes its stage at the end, unless a download was interrupted: the next installation of the same
 * model continues with it.
 */
const PREFIX = '.installing-'

export type Stage = { root: string; folder: string }

/** Opens the stage of a model. Of an earlier installation's files, only those of this model stay. */
export async function openStage(folder: string, name: string, files: readonly string[]): Promise<Stage> {
  await removeOldStages(folder)
  const root = join(folder, `${PREFIX}${name}`)
  const stage = { root, folder: join(root, name) }
  makeFolders(stage.folder)
  for (const left of await readdir(stage.folder)) {
    const isOurs = files.some((file) => left === file || left === `${file}.part`)
    if (!isOurs) await rm(join(stage.folder, left), { recursive: true })
  }
  return stage
}

export async function removeStage({ root }: Stage): Promise<void> {
  await rm(root, { recursive: true, force: true })
}

/** Keeps the stage if it holds any files. */
export async function leaveStage({ root, folder }: Stage): Promise<void> {
  if ((await readdir(folder)).length > 0) return
  await rmdir(folder)
  await rmdir(root)
}

async function removeOldStages(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(PREFIX)) continue
    const root = join(folder, name)
    if (Date.now() - (await lastChange(root)) > RESUMABLE_FOR_MS) await rm(root, { recursive: true, force: true })
  }
}

/** The time of the last change to anything in the folder, in ms since 1970. */
async function lastChange(root: string): Promise<number> {
  const below = await readdir(root, { recursive: true }).catch(() => [])
  const times = [root, ...below.map((path) => join(root, path))].map((path) =>
    stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    ),
  )
  return Math.max(...(await Promise.all(times)))
}
