import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Config } from '../config.ts'
import { Shelf } from '../models/shelf.ts'

/** The models that come with the program. */
export const OWN_MODELS = fileURLToPath(new URL('../../models/', import.meta.url))

/** Where a worker keeps the models that servers gave it. */
export function modelCache({ CACHE_DIR }: Config): string {
  return join(CACHE_DIR, 'models')
}

/** Where the optimised forms of large graphs are kept. */
export function graphCache({ CACHE_DIR }: Config): string {
  return join(CACHE_DIR, 'graphs')
}

/** All models of this machine: those of the program, the installed ones, those that servers gave to its workers. */
export function openShelf(config: Config): Promise<Shelf> {
  return Shelf.open([OWN_MODELS, config.MODELS_DIR, modelCache(config)])
}

/** The models a person has: the same without what servers gave to workers. */
export function openOwnShelf({ MODELS_DIR }: Config): Promise<Shelf> {
  return Shelf.open([OWN_MODELS, MODELS_DIR])
}
