import { UserError } from '../song/errors.ts'
import type { Speech } from './speech.ts'

/** A model that hears words. */
export type InstalledSpeechModel = {
  id: string
  name: string
  memoryMb: number
  folder: string
  paths: readonly string[]
}

export type SpeechOptions = { model: InstalledSpeechModel; threads: number }

/** Loads a model that hears words into this thread. Throws a UserError when it cannot be used. */
export async function openSpeech({ model }: SpeechOptions): Promise<Speech> {
  throw new UserError(`Model ${model.name} cannot be loaded.`, { code: 'model-broken' })
}
