import { fileURLToPath } from 'node:url'
import { workerData } from 'node:worker_threads'
import { InstalledModels, readGraph } from '../src/models/installed-models.ts'
import { openNetwork } from '../src/separate/onnx-network.ts'

/* Loads the bundled network and runs it once for each segment; `workerData` is the number of segments. */
const model = (await InstalledModels.open([fileURLToPath(new URL('../models/', import.meta.url))])).find(
  'spleeter-2stems',
)
const [graph] = model.graphs
if (!graph || model.kind !== 'spectrogram-mask')
  throw new Error(`${model.name} is not a spectrogram model with a graph.`)
const network = await openNetwork({ graph: await readGraph(model.paths[0] ?? '', graph), threads: 1 })
const { frames, bins } = model.spectrogram
const magnitude = { data: new Float32Array(2 * frames * bins).fill(1), shape: [1, 2, frames, bins] }
for (let segment = 0; segment < (workerData as number); segment++)
  await network.run({ [graph.input]: magnitude }, ['vocals'])
