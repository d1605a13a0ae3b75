import { join } from 'node:path'
import { type InstalledSpeechModel, readGraph } from '../models/installed-models.ts'
import { FULL_SCALE } from '../song/pcm.ts'
import { openWhisper } from './speech/whisper.ts'
import type { Speech } from './speech.ts'

export type SpeechOptions = { model: InstalledSpeechModel; threads: number }

/** Loads a model that hears words into this thread. Throws a UserError when a file of it is missing or damaged. */
export async function openSpeech({ model, threads }: SpeechOptions): Promise<Speech> {
  const { folder, files } = model
  for (const graph of [files.encoder, files.decoder]) await readGraph(join(folder, graph.file), graph)
  const whisper = await openWhisper(model, { folder, threads })
  return {
    run: (task, voice, signal = new AbortController().signal) =>
      whisper.run(task, Float32Array.from(voice, toFullScale), signal),
  }
}

function toFullScale(sample: number): number {
  return sample / FULL_SCALE
}
