import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { messageOf, UserError } from '../song/errors.ts'
import type { Grid } from '../song/segment.ts'
import { gridOf } from './spectrogram-grid.ts'

const Spectrogram = z.object({
  frameSize: z.literal(4096),
  hop: z.number().int().positive(),
  frames: z.number().int().min(8).max(4096),
  bins: z.number().int().min(1).max(2049),
  overlapFrames: z.number().int().multipleOf(4),
})

const Graph = z.object({
  file: z.string().regex(/^[\w.-]+\.onnx$/, 'a file name beside model.json'),
  input: z.string(),
  outputs: z.array(z.string()).min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})

const ModelFile = z
  .object({
    name: z.string().regex(/^[\w.-]{1,64}$/),
    title: z.string(),
    stems: z.array(z.string().regex(/^[\w-]{1,32}$/)).min(2),
    rest: z.string(),
    kind: z.literal('spectrogram-mask'),
    spectrogram: Spectrogram,
    graphs: z.array(Graph).length(1),
    memoryMb: z.number().positive(),
    secondsPerSegment: z.number().positive(),
    sdrDb: z.record(z.string(), z.number()),
    licence: z.string(),
    source: z.string(),
  })
  .refine((model) => model.stems.includes(model.rest), { error: "'rest' is not among 'stems'", path: ['rest'] })

export type ModelDescription = z.infer<typeof ModelFile>
export type Model = ModelDescription & { folder: string; grid: Grid }

/** Reads the description of the model `name` below `modelsDir`. Throws a UserError that names the models there are. */
export async function findModel(modelsDir: string, name: string): Promise<Model> {
  const known = await listModels(modelsDir)
  const model = known.find((each) => each.name === name)
  if (model) return model
  const names = known.map((each) => each.name).join(', ') || `none in ${modelsDir}`
  throw new UserError(`There is no model '${name}'. Known models: ${names}.`, { code: 'model-not-found' })
}

export async function listModels(modelsDir: string): Promise<Model[]> {
  const entries = await readdir(modelsDir, { withFileTypes: true }).catch((cause: unknown) => {
    throw new UserError(`Cannot read the models' folder ${modelsDir}: ${messageOf(cause)}. Set MODELS_DIR.`, {
      code: 'models-dir',
      cause,
    })
  })
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => join(modelsDir, entry.name))
  return Promise.all(folders.sort().map(readModel))
}

async function readModel(folder: string): Promise<Model> {
  const file = join(folder, 'model.json')
  try {
    const description = ModelFile.parse(JSON.parse(await readFile(file, 'utf8')))
    return { ...description, folder, grid: gridOf(description.spectrogram) }
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause)
    throw new UserError(`${file} does not describe a model: ${reason}`, { code: 'model-broken', cause })
  }
}

/** The bytes of a model's graph, refused when they are not the ones its description names. */
export async function readGraph(model: Model): Promise<{ bytes: Uint8Array; input: string; outputs: string[] }> {
  const [graph] = model.graphs
  if (!graph) throw new Error(`Model ${model.name} has no graph.`)
  const path = join(model.folder, graph.file)
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new UserError(`Cannot read the network ${path}: ${messageOf(cause)}.`, { code: 'model-broken', cause })
  })
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (sha256 !== graph.sha256) {
    throw new UserError(`${path} is damaged: its SHA-256 is ${sha256}, not ${graph.sha256}. Fetch it again.`, {
      code: 'model-broken',
    })
  }
  return { bytes, input: graph.input, outputs: graph.outputs }
}
