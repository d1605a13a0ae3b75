import pLimit from 'p-limit'
import type { Graph, Model } from '../models/description.ts'
import { type InstalledModel, readGraph } from '../models/installed-models.ts'
import { messageOf, UserError } from '../song/errors.ts'
import { hasCudaProvider, type Network, openNetwork, type Provider } from './onnx-network.ts'
import { OptimisedGraphs } from './optimised-graphs.ts'
import type { Separator } from './separator.ts'
import { openSpectrogramMask } from './spectrogram-mask.ts'
import { openWaveform } from './waveform.ts'

export type OpenOptions = {
  model: InstalledModel
  threads: number
  /** auto: CUDA when it is installed and works, else the CPU. */
  provider: Provider | 'auto'
  /** Holds the optimised forms of large graphs (CACHE_DIR/graphs), so that each is made once. */
  graphsFolder: string
}

/** `note`: a message for the user about how the model runs; null if there is none. */
export type Opened = { separator: Separator; note: string | null }

/**
 * Loads a model into this thread, on the GPU when that is wanted and works, else on the CPU. Throws a UserError when a file
 * is damaged or its network has other shapes than described.
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

/** The path of the optimised form, made now if it is missing; the graph itself when no such file can be written. */
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

/** A separator reuses its memory, so a call waits until the one before it has ended. */
function oneAtATime(separator: Separator): Separator {
  const limit = pLimit(1)
  return { ...separator, separate: (segment, signal) => limit(() => separator.separate(segment, signal)) }
}
