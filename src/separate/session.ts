import * as ort from 'onnxruntime-node'

/** A loaded network: named float32 tensors in, named float32 tensors out. */
export type Network = {
  run(inputs: Record<string, ort.Tensor>): Promise<Record<string, Float32Array>>
}

/**
 * Creates every session of the project, with fixed options, because results are only bit-identical under the same ones:
 * they do not depend on the number of threads, but they do on the graph optimisation level. Spinning is off since two
 * spinning threads on a busy machine are slower than one. Blocks the calling thread while it runs.
 * @param graph an ONNX file's bytes
 * @param threads threads within one operator
 */
export async function openNetwork({ graph, threads }: { graph: Uint8Array; threads: number }): Promise<Network> {
  const session = await ort.InferenceSession.create(graph, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    enableCpuMemArena: true,
    enableMemPattern: true,
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  })
  return {
    async run(inputs) {
      const outputs = await session.run(inputs)
      return Object.fromEntries(
        Object.entries(outputs).map(([name, tensor]) => {
          if (!(tensor.data instanceof Float32Array)) throw new Error(`The graph's output '${name}' is not float32.`)
          return [name, tensor.data]
        }),
      )
    },
  }
}
