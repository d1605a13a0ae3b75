import { fileURLToPath } from 'node:url'
import { workerData } from 'node:worker_threads'
import * as ort from 'onnxruntime-node'
import { findModel, readGraph } from '../src/separate/catalogue.ts'
import { openNetwork } from '../src/separate/session.ts'

/* Loads the bundled network and runs it as often as it was told. */
const model = await findModel(fileURLToPath(new URL('../models/', import.meta.url)), 'spleeter-2stems')
const { bytes: graph, input } = await readGraph(model)
const network = await openNetwork({ graph, threads: 1 })
const { frames, bins } = model.spectrogram
const magnitude = new ort.Tensor('float32', new Float32Array(2 * frames * bins).fill(1), [1, 2, frames, bins])
for (let segment = 0; segment < (workerData as number); segment++) await network.run({ [input]: magnitude })
