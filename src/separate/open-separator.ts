import type { Model } from '../models/description.ts'
import { readGraph, type ShelvedModel } from '../models/shelf.ts'
import { messageOf, UserError } from '../song/errors.ts'
import type { Separator } from './separator.ts'
import { hasCudaProvider, type Network, openNetwork, type Provider } from './session.ts'
import { openSpectrogramMask } from './spectrogram-mask.ts'
import { openWaveform } from './waveform.ts'

export type OpenOptions = {
  model: ShelvedModel
  threads: number
  /** auto: CUDA where it is installed and works. */
  provider: Provider | 'auto'
}

/** @property note what a person should know of how it runs, or null */
export type Opened = { separator: Separator; note: string | null }

/**
 * Loads a model into this thread, on the GPU where that is wanted and works, else on the CPU. Throws a UserError when a
 * file is damaged or is no network of the described shape.
 */
export async function openSeparator({ model, threads, provider }: OpenOptions): Promise<Opened> {
  const graphs: Uint8Array[] = []
  for (const [index, graph] of model.graphs.entries()) graphs.push(await readGraph(model.paths[index] ?? '', graph))
  const isLarge = model.kind === 'waveform'
  const load = (on: Provider) =>
    Promise.all(graphs.map((graph) => openNetwork({ graph, threads, provider: on, isLarge })))
  let note: string | null = null
  let networks: Network[] | null = null
  if (provider === 'cuda' && !hasCudaProvider()) note = "ONNX Runtime's CUDA provider is not installed (docs/cuda.md)"
  if (provider !== 'cpu' && hasCudaProvider()) {
    networks = await load('cuda').catch((error: unknown) => {
      note = `CUDA cannot be used (${messageOf(error).slice(0, 300)})`
      return null
    })
    if (networks) note = 'runs on CUDA'
  }
  if (note && !networks) note += '; the CPU does it'
  networks ??= await load('cpu').catch((cause: unknown) => {
    throw new UserError(`Model ${model.name} cannot be loaded: ${messageOf(cause)}`, { code: 'model-broken', cause })
  })
  return { separator: await separatorOf(model, networks), note }
}

/** @param networks one for each of the model's graphs, in their order */
export async function separatorOf(model: Model, networks: readonly Network[]): Promise<Separator> {
  const separator =
    model.kind === 'waveform' ? openWaveform({ model, networks }) : await openSpectrogramMask({ model, networks })
  return oneAtATime(separator)
}

/** A separator works in memory of its own: a call that comes before the last one has ended waits for it. */
function oneAtATime(separator: Separator): Separator {
  let last: Promise<unknown> = Promise.resolve()
  return {
    ...separator,
    separate(segment) {
      const result = last.then(() => separator.separate(segment))
      last = result.catch(() => undefined)
      return result
    },
  }
}
