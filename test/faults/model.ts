import { join } from 'node:path'
import { heavyGraph, writeModel } from '../support/onnx.ts'

export const FAULT_MODEL = 'weights'
const GAINS = [0.5, 0.25, 0.125, 0.125]
const SAMPLES = 44_100
/** A quarter of each segment is shared with the next. */
export const JOB_SECONDS_OF_SOUND = 0.75
/** How many deviations from silence the graph endures. */
export const LOUDEST = 40

/**
 * A model whose job is three quarters of a second of sound and takes about a quarter of a second of one core, whose
 * result depends on every sample it hears, and which throws at any that is `LOUDEST` deviations from silence.
 */
export async function installFaultModel(folder: string): Promise<string> {
  const graph = heavyGraph({ gains: GAINS, samples: SAMPLES, products: 60, loudest: LOUDEST })
  await writeModel(folder, { name: FAULT_MODEL, gains: GAINS, samples: SAMPLES, graph })
  return join(folder, FAULT_MODEL)
}
