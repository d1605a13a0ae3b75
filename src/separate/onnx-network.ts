import './no-telemetry.ts'
import { globSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import * as ort from 'onnxruntime-node'

export type Tensor = { data: Float32Array | BigInt64Array; shape: readonly number[] }

/** A loaded network: it takes named tensors of float32 or int64, and gives the values of the wanted outputs, which are float32. */
export type Network = {
  run(inputs: Record<string, Tensor>, outputs: readonly string[]): Promise<Record<string, Float32Array>>
  close(): Promise<void>
}

export type Provider = 'cpu' | 'cuda'

const require = createRequire(import.meta.url)
const PACKAGE = require.resolve('onnxruntime-node/package.json')

/** For large networks, constants that ONNX Runtime computes once at load are kept only up to this size each. */
const MAX_CONSTANT_BYTES = 1_000_000

/** The version of ONNX Runtime, on which the form of an optimised graph depends. */
export const RUNTIME_VERSION = (require('onnxruntime-node/package.json') as { version: string }).version

/**
 * Opens a network.
 * @param graph the bytes of an ONNX file, or the path of a file that `optimise` wrote
 * @param threads threads within one operator
 * @param isLarge whether memory matters more than time. Then there is one arena that grows as needed, no memory pattern
 *   (it takes 1.3 GB more and gains nothing), and no large constants computed at load (4 GB with a transformer)
 */
export async function openNetwork({
  graph,
  threads,
  provider = 'cpu',
  isLarge = false,
}: {
  graph: Uint8Array | string
  threads: number
  provider?: Provider
  isLarge?: boolean
}): Promise<Network> {
  const session = await createSession(graph, {
    executionProviders: provider === 'cuda' ? ['cuda', 'cpu'] : ['cpu'],
    intraOpNumThreads: threads,
    enableMemPattern: !isLarge,
    extra: sessionExtra(isLarge && typeof graph !== 'string'),
  })
  return {
    async run(inputs, wanted) {
      const tensors = Object.entries(inputs).map(([name, { data, shape }]) => {
        const type = data instanceof Float32Array ? 'float32' : 'int64'
        return [name, new ort.Tensor(type, data, shape)] as const
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

/**
 * Writes the form of a graph that is optimised for this processor. ONNX Runtime loads it in a tenth of the time. The
 * optimisation has two steps: first everything but the large constants, then those. So it takes 3 GB with htdemucs instead of
 * 5.
 * @param from the bytes of an ONNX file
 * @param into the path of the file to write; `${into}.half` lies beside it meanwhile
 */
export async function optimise(from: Uint8Array, into: string): Promise<void> {
  const half = `${into}.half`
  try {
    const first = await createSession(from, { optimizedModelFilePath: half, extra: sessionExtra(true) })
    await first.release()
    const second = await createSession(half, { optimizedModelFilePath: into, extra: sessionExtra(false) })
    await second.release()
  } finally {
    await rm(half, { force: true })
  }
}

/**
 * Creates every session of the program. The options are fixed, because only the same options give bit-identical results.
 * Results depend on the graph optimisation level and the execution provider, but not on the number of threads. Spinning is off,
 * because two spinning threads on a busy machine are slower than one. The library throws errors and does not log them, because
 * their text contains names that the author of a model chose. Blocks the calling thread while it runs.
 */
function createSession(graph: Uint8Array | string, options: ort.InferenceSession.SessionOptions) {
  const all: ort.InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    ...options,
  }
  // Neither overload takes the union.
  return typeof graph === 'string' ? ort.InferenceSession.create(graph, all) : ort.InferenceSession.create(graph, all)
}

function sessionExtra(limitsConstants: boolean) {
  return {
    session: { intra_op: { allow_spinning: '0' } },
    ...(limitsConstants && {
      optimization: { constant_folding_max_output_size_in_bytes: String(MAX_CONSTANT_BYTES) },
    }),
  }
}

/** Whether ONNX Runtime's CUDA provider is installed (docs/cuda.md). A driver and CUDA itself may still be missing. */
export function hasCudaProvider(): boolean {
  const library = `bin/napi-v*/${process.platform}/${process.arch}/libonnxruntime_providers_cuda.so`
  return globSync(join(dirname(PACKAGE), library)).length > 0
}
