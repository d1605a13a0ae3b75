import { globSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import * as ort from 'onnxruntime-node'

export type Tensor = { data: Float32Array; shape: readonly number[] }

/** A loaded network: named float32 tensors in, the values of those named as outputs out. */
export type Network = {
  run(inputs: Record<string, Tensor>, outputs: readonly string[]): Promise<Record<string, Float32Array>>
  close(): Promise<void>
}

export type Provider = 'cpu' | 'cuda'

const PACKAGE = createRequire(import.meta.url).resolve('onnxruntime-node/package.json')

/**
 * Creates every session of the project, with fixed options, because results are only bit-identical under the same ones:
 * they do not depend on the number of threads, but they do on the graph optimisation level and the execution provider.
 * Spinning is off since two spinning threads on a busy machine are slower than one. Blocks the calling thread while it
 * runs.
 * @param graph an ONNX file's bytes
 * @param threads threads within one operator
 * @param isLarge whether memory counts for more than time: no arena and no plan of it, which together hold half as much
 *   again as a run needs, and gain a large network nothing
 */
export async function openNetwork({
  graph,
  threads,
  provider = 'cpu',
  isLarge = false,
}: {
  graph: Uint8Array
  threads: number
  provider?: Provider
  isLarge?: boolean
}): Promise<Network> {
  const session = await ort.InferenceSession.create(graph, {
    executionProviders: provider === 'cuda' ? ['cuda', 'cpu'] : ['cpu'],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    enableCpuMemArena: !isLarge,
    enableMemPattern: !isLarge,
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  })
  return {
    async run(inputs, wanted) {
      const tensors = Object.entries(inputs).map(([name, { data, shape }]) => {
        return [name, new ort.Tensor('float32', data, shape)] as const
      })
      const outputs = await session.run(Object.fromEntries(tensors), wanted)
      return Object.fromEntries(
        Object.entries(outputs).map(([name, tensor]) => {
          if (!(tensor.data instanceof Float32Array)) throw new Error(`The graph's output '${name}' is not float32.`)
          return [name, tensor.data]
        }),
      )
    },
    close: () => session.release(),
  }
}

/** Whether ONNX Runtime's CUDA provider is installed (docs/cuda.md); a driver and CUDA itself may still be missing. */
export function hasCudaProvider(): boolean {
  const library = `bin/napi-v*/${process.platform}/${process.arch}/libonnxruntime_providers_cuda.so`
  return globSync(join(dirname(PACKAGE), library)).length > 0
}
