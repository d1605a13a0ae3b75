import { fileURLToPath } from 'node:url'
import * as ort from 'onnxruntime-node'
import { decode } from '../src/audio/media.ts'
import { findModel, readGraph } from '../src/separate/catalogue.ts'
import { openNetwork } from '../src/separate/session.ts'
import { countSegments } from '../src/song/segment.ts'

const MODELS = fileURLToPath(new URL('../models/', import.meta.url))
const SAMPLES_OF_BYTES = 4

/** CPU seconds that the bundled network alone takes for a song: its session, run once for every segment. */
export async function networkCpuSeconds(song: string): Promise<number> {
  const model = await findModel(MODELS, 'spleeter-2stems')
  const { bytes: graph, input } = await readGraph(model)
  const network = await openNetwork({ graph, threads: 1 })
  const { frames, bins } = model.spectrogram
  const magnitude = new Float32Array(2 * frames * bins).fill(1)
  let bytes = 0
  for await (const block of decode({ path: song, maxSeconds: 36_000 }).pcm) bytes += block.length
  const segments = countSegments(model.grid, bytes / SAMPLES_OF_BYTES)
  const before = process.cpuUsage()
  for (let segment = 0; segment < segments; segment++) {
    await network.run({ [input]: new ort.Tensor('float32', magnitude, [1, 2, frames, bins]) })
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}
