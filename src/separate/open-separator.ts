import { type Model, readGraph } from './catalogue.ts'
import type { Separator } from './separator.ts'
import { openNetwork } from './session.ts'
import { openSpectrogramMask } from './spectrogram-mask.ts'

/** Loads a model into this thread. */
export async function openSeparator({ model, threads }: { model: Model; threads: number }): Promise<Separator> {
  const graph = await readGraph(model)
  const network = await openNetwork({ graph: graph.bytes, threads })
  return openSpectrogramMask({ model, network, inputName: graph.input })
}
