import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../../config.ts'
import { makeFolders } from '../../platform/make-folders.ts'
import type { Trial } from './try-model.ts'

/** The measured time and memory of models on this machine, by the model's id. */
export type Trials = Record<string, Trial>

export async function readTrials({ CACHE_DIR }: Config): Promise<Trials> {
  const text = await readFile(join(CACHE_DIR, 'trials.json'), 'utf8').catch(() => '{}')
  try {
    return JSON.parse(text) as Trials
  } catch {
    return {}
  }
}

export async function saveTrial(config: Config, modelId: string, trial: Trial): Promise<void> {
  const path = join(config.CACHE_DIR, 'trials.json')
  makeFolders(config.CACHE_DIR)
  await writeFile(`${path}.part`, `${JSON.stringify({ ...(await readTrials(config)), [modelId]: trial }, null, 2)}\n`)
  await rename(`${path}.part`, path)
}
