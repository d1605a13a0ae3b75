import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolders } from '../platform/make-folders.ts'
import { UserError } from '../song/errors.ts'
import { OFFERS } from './catalogue.ts'
import { type Model, parseModel } from './description.ts'
import type { Hub } from './hub.ts'
import { type InstalledModel, InstalledModels } from './installed-models.ts'
import { refuseOthersFolder, removeModelFiles } from './model-folder.ts'
import { isSameFolder } from './model-name.ts'
import type { Network } from './open-url.ts'
import { sourceOf } from './source.ts'
import { leaveStage, openStage, removeStage, type Stage } from './stage.ts'

export type InstallOptions = {
  /** A name from the catalogue, or the path or URL of a folder or model.json. */
  what: string
  /** Where models are installed. */
  folder: string
  /** Other folders of models. Their graphs are not fetched again, and their names cannot be used. */
  others: readonly string[]
  hub: Hub
  /** Prefers weights as 16-bit floats. */
  isHalf: boolean
  /** Accepts a file whose hash has changed since its first installation. */
  acceptsNew: boolean
  /** Replaces another model of that name. */
  replaces: boolean
  signal: AbortSignal
  network?: Network
  onProgress?(progress: { file: string; bytes: number; of: number }): void
  /** Throws when the model fails its trial. */
  tryOut(model: InstalledModel): Promise<void>
}

/**
 * Installs a model: fetches or copies its files into a stage, tries the model, and moves the stage into place. An incomplete
 * or wrong model never appears among the models, and a refused one leaves no files. After an interruption, the next
 * installation continues the download.
 */
export async function installModel(options: InstallOptions): Promise<InstalledModel> {
  const { folder, others } = options
  makeFolders(folder)
  const source = await sourceOf(options)
  const { name, files, textWith } = source
  await refuseTakenName(name, options)
  await refuseOthersFolder(join(folder, name))
  const announced = files.flatMap(({ sha256 }) => sha256 ?? [])
  if (announced.length === files.length) await refuseReplacing(parseModel(textWith(announced), name), options)
  const stage = await openStage(
    folder,
    name,
    files.map(({ file }) => file),
  )
  try {
    const hashes: string[] = []
    for (const { file, bring } of files) hashes.push(await bring(join(stage.folder, file)))
    await writeFile(join(stage.folder, 'model.json'), textWith(hashes))
    const model = await stagedModel(stage, options)
    await refuseReplacing(model, options)
    await options.tryOut(model)
    await removeModelFiles(join(folder, name))
    await rename(stage.folder, join(folder, name))
  } catch (error) {
    const isInterrupted = options.signal.aborted || (error instanceof UserError && error.code === 'unfinished')
    await (isInterrupted && source.isRemote ? leaveStage(stage) : removeStage(stage))
    throw error
  }
  await removeStage(stage)
  const installed = (await InstalledModels.open([folder, ...others])).get(name)
  if (!installed) throw new Error(`Model ${name} vanished while it was installed.`)
  return installed
}

async function stagedModel(stage: Stage, { folder, others }: InstallOptions): Promise<InstalledModel> {
  const installedModels = await InstalledModels.open([stage.root, folder, ...others])
  const model = installedModels.all.find((each) => each.folder === stage.folder)
  if (!model)
    throw new UserError(installedModels.faults[0]?.reason ?? 'The model is not complete.', { code: 'model-broken' })
  return model
}

/** Throws when the name belongs to one of the program's models, or differs only in case: some systems ignore case. */
async function refuseTakenName(name: string, { folder, others }: InstallOptions): Promise<void> {
  const own = (await InstalledModels.open(others)).all.find((model) => isSameFolder(model.name, name))
  const near = [...(await readdir(folder)), ...OFFERS.map((offer) => offer.name)].find(
    (each) => isSameFolder(each, name) && each !== name,
  )
  const taken = own ? `the name of a model that comes with the program` : near && `too similar to '${near}'`
  if (!taken) return
  throw new UserError(`The model cannot be installed as '${name}', ${taken}. Change 'name' in its model.json.`, {
    code: 'name-taken',
  })
}

/** Throws when another model of that name is installed. The same model may be installed again. */
async function refuseReplacing(model: Model, { folder, what, replaces, acceptsNew }: InstallOptions): Promise<void> {
  if (replaces || (acceptsNew && what === model.name)) return
  const path = join(folder, model.name, 'model.json')
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null || idOf(text, path) === model.id) return
  throw new UserError(
    `${model.name} is installed already, and the new model differs from it. 'minus-one models info ${model.name}' shows the installed one; --replace replaces it.`,
    { code: 'exists' },
  )
}

/** Null when the description cannot be read. */
function idOf(text: string, path: string): string | null {
  try {
    return parseModel(text, path).id
  } catch {
    return null
  }
}
