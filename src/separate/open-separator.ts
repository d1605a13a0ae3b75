import type { Graph, Model } from '../models/description.ts'
import { readGraph, type ShelvedModel } from '../models/shelf.ts'
import { messageOf, UserError } from '../song/errors.ts'
import { OptimisedGraphs } from './optimised-graphs.ts'
import type { Separator } from './separator.ts'
import { hasCudaProvider, type Network, openNetwork, type Provider } from './session.ts'
import { openSpectrogramMask } from './spectrogram-mask.ts'
import { openWaveform } from './waveform.ts'

export type OpenOptions = {
  model: ShelvedModel
  threads: number
  /** auto: CUDA where it is installed and works. */
  provider: Provider | 'auto'
  /** Where the optimised form of a large graph is kept (CACHE_DIR/graphs), so that it is made once. */
  graphsFolder: string
}

/** @property note what a person should know of how it runs, or null */
export type Opened = { separator: Separator; note: string | null }

/**
 * Loads a model into this thread, on the GPU where that is wanted and works, else on the CPU. Throws a UserError when a
 * file is damaged or is no network of the described shape.
 */
export async function openSeparator({ model, threads, provider, graphsFolder }: OpenOptions): Promise<Opened> {
  const { isLarge } = model
  const optimised = new OptimisedGraphs(graphsFolder)
  const load = async (on: Provider) => {
    const networks: Network[] = []
    for (const [index, graph] of model.graphs.entries()) {
      const path = model.paths[index] ?? ''
      const form = isLarge && on === 'cpu' ? await optimisedForm(path, graph, optimised) : await readGraph(path, graph)
      networks.push(await openNetwork({ graph: form, threads, provider: on, isLarge }))
    }
    return networks
  }
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
    if (cause instanceof UserError) throw cause
    throw new UserError(`Model ${model.name} cannot be loaded: ${messageOf(cause)}`, { code: 'model-broken', cause })
  })
  return { separator: await separatorOf(model, networks), note }
}

/** The path of the optimised form, made now if it has to be; the graph itself where no such file can be written. */
async function optimisedForm(path: string, graph: Graph, optimised: OptimisedGraphs): Promise<string | Uint8Array> {
  const found = await optimised.find(graph)
  if (found) return found
  const bytes = await readGraph(path, graph)
  return optimised.make(graph, bytes).catch(() => bytes)
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
    separate(segment, signal) {
      const result = last.then(() => separator.separate(segment, signal))
      last = result.catch(() => undefined)
      return result
    },
  }
}
