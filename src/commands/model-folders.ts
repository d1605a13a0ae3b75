import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Config } from '../config.ts'
import { InstalledModels } from '../models/installed-models.ts'

/** The models that come with the program. */
export const OWN_MODELS = fileURLToPath(new URL('../../models/', import.meta.url))

/** The folder for models that a worker fetched from servers. */
export function modelCache({ CACHE_DIR }: Config): string {
  return join(CACHE_DIR, 'models')
}

/** The folder for the optimised forms of large graphs. */
export function graphCache({ CACHE_DIR }: Config): string {
  return join(CACHE_DIR, 'graphs')
}

/** All models of this machine: the program's, the installed ones, and those that workers fetched from servers. */
export function openInstalledModels(config: Config): Promise<InstalledModels> {
  return InstalledModels.open([OWN_MODELS, config.MODELS_DIR, modelCache(config)])
}

/** The program's models and the installed ones, without those that workers fetched from servers. */
export function openOwnModels({ MODELS_DIR }: Config): Promise<InstalledModels> {
  return InstalledModels.open([OWN_MODELS, MODELS_DIR])
}
