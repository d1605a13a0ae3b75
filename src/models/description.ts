import { createHash } from 'node:crypto'
import { z } from 'zod'
import { messageOf, UserError } from '../song/errors.ts'
import type { Plan } from '../song/plan.ts'
import { isPrintableLine } from '../song/printable.ts'
import { readJson } from '../song/read-json.ts'
import type { Grid } from '../song/segment.ts'
import { graphFileName, isSameFolder, modelName } from './model-name.ts'
import { gridOf } from './spectrogram-grid.ts'
import { waveformGrid } from './waveform-grid.ts'

const stemName = z.string().regex(/^[\w-]{1,32}$/)
const tensorName = z.string().min(1).max(128)
/** Shown on terminals and pages, as it is. */
const shownText = z.string().max(500).refine(isPrintableLine, { error: 'it holds control characters' })
/** Of one graph: weights of a billion parameters, and an end to what a description can ask of a disk. */
export const MOST_GRAPH_BYTES = 8 * 2 ** 30

const GraphFile = z.object({
  /** Beside model.json; one that is not there may lie in another model's folder: what counts is its hash. */
  file: graphFileName,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().positive().max(MOST_GRAPH_BYTES),
  input: tensorName,
})

const SpectrogramGraph = GraphFile.extend({
  /** Outputs that are masks, each named as its stem. */
  outputs: z.array(stemName).min(1),
  /** song: the segment as it is; rest: what the graphs before it have left of it. */
  hears: z.enum(['song', 'rest']).default('song'),
  /** squares: the mask is v²/(v²+a²), and is softened; plain: it is used as it is. */
  mask: z.enum(['squares', 'plain']).default('plain'),
})

const WaveformGraph = GraphFile.extend({
  output: tensorName,
  /** What the rows of the output are. */
  rows: z.array(stemName).min(1),
  /** Those that are used, where a graph is a specialist. */
  uses: z.array(stemName).min(1),
})

const common = {
  name: modelName,
  title: shownText,
  stems: z.array(stemName).min(2).max(16),
  /** The stem that is whatever is left of the song. */
  rest: stemName,
  /** What a worker that has it loaded takes, all in all. */
  memoryMb: z.number().positive(),
  /** On the machine it was measured on: one core, one segment. */
  secondsPerSegment: z.number().positive(),
  sdrDb: z.object({
    published: z.record(stemName, z.number()).default({}),
    measured: z.record(stemName, z.number()).default({}),
  }),
  licence: shownText,
  source: shownText,
}

const Spectrogram = z
  .object({
    frameSize: z.literal(4096),
    hop: z.literal(1024),
    frames: z.int().min(8).max(4096),
    bins: z.int().min(1).max(2049),
    overlapFrames: z.int().multipleOf(4).min(4),
  })
  .refine(({ frames, overlapFrames }) => 2 * overlapFrames <= frames, { error: 'more than half of the frames overlap' })

const Description = z.discriminatedUnion('kind', [
  z.object({
    ...common,
    kind: z.literal('spectrogram-mask'),
    spectrogram: Spectrogram,
    graphs: z.array(SpectrogramGraph).min(1).max(8),
  }),
  z.object({
    ...common,
    kind: z.literal('waveform'),
    waveform: z.object({
      samples: z
        .int()
        .min(4_096)
        .max(44_100 * 60),
    }),
    graphs: z.array(WaveformGraph).min(1).max(8),
  }),
])

export type ModelDescription = z.infer<typeof Description>
export type Graph = ModelDescription['graphs'][number]
export type SpectrogramModel = Extract<Model, { kind: 'spectrogram-mask' }>
export type WaveformModel = Extract<Model, { kind: 'waveform' }>

/**
 * A model as the program uses it. `id` is its name and the beginning of the hash of its description: two machines that
 * name the same id mean the same bits, so it is what queues and assignments are named by.
 */
export type Model = ModelDescription & { id: string; grid: Grid }

/** The stems its graphs compute, in the model's order; the rest is left to the assembly. */
export function computedStems({ stems, rest }: { stems: readonly string[]; rest: string }): string[] {
  return stems.filter((stem) => stem !== rest)
}

const ModelFile = Description.refine(({ stems }) => new Set(stems).size === stems.length, {
  error: 'a stem is named twice',
  path: ['stems'],
})
  .refine(({ stems, rest }) => stems.includes(rest), { error: "'rest' is not among 'stems'", path: ['rest'] })
  .refine((model) => computedStems(model).every((stem) => givenBy(model).includes(stem)), {
    error: 'the graphs do not give every stem',
    path: ['graphs'],
  })
  .refine(({ graphs }) => !graphs.some((graph) => graphs.some((other) => areOneFile(graph, other))), {
    error: 'two graphs have the same file name',
    path: ['graphs'],
  })

/**
 * Reads a model.json. Throws a UserError that names what is wrong with it, and shows nothing of the text, which may be an
 * answer that was not meant for us; `where` says which one it is.
 */
export function parseModel(text: string, where: string): Model {
  const json = readJson(text)
  if (json === undefined) {
    throw new UserError(`${where} does not describe a model: it is not JSON.`, { code: 'model-broken' })
  }
  try {
    const description = ModelFile.parse(json)
    const digest = createHash('sha256').update(JSON.stringify(description)).digest('hex')
    return { ...description, id: `${description.name}-${digest.slice(0, 12)}`, grid: gridFor(description) }
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause)
    throw new UserError(`${where} does not describe a model: ${reason}`, { code: 'model-broken', cause })
  }
}

/** A model of a song needs all of it decoded before the first segment can be heard: it is brought to one level as a whole. */
export function needsWholeSong({ kind }: Pick<ModelDescription, 'kind'>): boolean {
  return kind === 'waveform'
}

/** How a song of this model is taken apart from now on, whatever happens to the model later. */
export function planOf(model: Model): Plan {
  const { id, grid, stems, rest } = model
  return { modelId: id, grid, stems, rest, needsWholeSong: needsWholeSong(model) }
}

export function modelBytes({ graphs }: Pick<ModelDescription, 'graphs'>): number {
  return graphs.reduce((sum, { bytes }) => sum + bytes, 0)
}

function gridFor(model: ModelDescription): Grid {
  return model.kind === 'waveform' ? waveformGrid(model.waveform.samples) : gridOf(model.spectrogram)
}

function areOneFile(a: Graph, b: Graph): boolean {
  return a.sha256 !== b.sha256 && isSameFolder(a.file, b.file)
}

function givenBy(model: Pick<ModelDescription, 'graphs'>): string[] {
  return model.graphs.flatMap((graph) => ('uses' in graph ? graph.uses : graph.outputs))
}
