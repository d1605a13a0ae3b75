import { join } from 'node:path'
import { heavyGraph, writeModel } from '../support/onnx.ts'

export const FAULT_MODEL = 'weights'
const GAINS = [0.5, 0.25, 0.125, 0.125]
const SAMPLES = 44_100
/** A quarter of each segment is shared with the next. */
export const JOB_SECONDS_OF_SOUND = 0.75
/** The graph throws at a sample of this many standard deviations. */
export const LOUDEST = 40

/**
 * Writes a model whose job is three quarters of a second of sound and takes a core about a quarter of a second. Its
 * result depends on every sample of the input, and it throws at one of `LOUDEST` standard deviations.
 */
export async function installFaultModel(folder: string): Promise<string> {
  const graph = heavyGraph({ gains: GAINS, samples: SAMPLES, products: 60, loudest: LOUDEST })
  await writeModel(folder, { name: FAULT_MODEL, gains: GAINS, samples: SAMPLES, graph })
  return join(folder, FAULT_MODEL)
}
