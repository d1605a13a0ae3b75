import { createHash } from 'node:crypto'
import { z } from 'zod'
import { GIBIBYTE } from '../platform/byte-units.ts'
import { isPrintableLine } from '../platform/printable.ts'
import { readJson } from '../platform/read-json.ts'
import { assertNever, messageOf, UserError } from '../song/errors.ts'
import { computedStems, type Plan } from '../song/plan.ts'
import type { Grid } from '../song/segment.ts'
import { graphFileName, isSameFolder, modelName } from './model-name.ts'
import { gridOf } from './spectrogram-grid.ts'
import { waveformGrid } from './waveform-grid.ts'

const stemName = z.string().regex(/^[\w-]{1,32}$/)
const tensorName = z.string().min(1).max(128)
/** Text that terminals and pages show unchanged. */
const shownText = z.string().max(500).refine(isPrintableLine, { error: 'it holds control characters' })
/** Limit of one graph. It is enough for two billion parameters, and limits the disk space that a description can demand. */
export const MAX_GRAPH_BYTES = 8 * GIBIBYTE

const GraphFile = z.object({
  /** A file beside model.json. If it is missing, a file with the same hash in another model's folder is used. */
  file: graphFileName,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().positive().max(MAX_GRAPH_BYTES),
  input: tensorName,
})

const SpectrogramGraph = GraphFile.extend({
  /** Outputs that are masks. Each has the name of its stem. */
  outputs: z.array(stemName).min(1),
  /** The input. song: the segment; rest: the segment minus the stems of the graphs before. */
  hears: z.enum(['song', 'rest']).default('song'),
  /** squares: the mask is v²/(v²+a²), softened; plain: the output itself is the mask. */
  mask: z.enum(['squares', 'plain']).default('plain'),
})

const WaveformGraph = GraphFile.extend({
  output: tensorName,
  /** The stems in the rows of the output. */
  rows: z.array(stemName).min(1),
  /** The stems to use. A specialist graph is good at some of its rows only. */
  uses: z.array(stemName).min(1),
})

const common = {
  name: modelName,
  title: shownText,
  stems: z.array(stemName).min(2).max(16),
  /** The stem that is computed as the song minus all others. */
  rest: stemName,
  /** Memory of a worker that has the model loaded. */
  memoryMb: z.number().positive(),
  /** Time for one segment on one core of the machine on which it was measured. */
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

/** A model as the program uses it: its description, and values derived from that. */
export type Model = ModelDescription & {
  /** Name and beginning of the description's hash. Queues and jobs use it: the same id means the same bits everywhere. */
  id: string
  grid: Grid
  /** Whether every segment needs the statistics of the whole song. The song is then decoded to its end before its first job. */
  needsWholeSong: boolean
  /**
   * Whether the model takes gigabytes, and seconds for each segment. It then computes one segment at a time with all threads,
   * saves memory rather than time, loads optimised graphs from the cache, and does not compute silence to warm up.
   */
  isLarge: boolean
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
 * Reads the text of a model.json. Throws a UserError that names the fault. The message never quotes the text, which may be a
 * private document.
 * @param where the file or URL, for the message
 */
export function parseModel(text: string, where: string): Model {
  const json = readJson(text)
  if (json === undefined) {
    throw new UserError(`${where} does not describe a model: it is not JSON.`, { code: 'model-broken' })
  }
  try {
    const description = ModelFile.parse(json)
    const digest = createHash('sha256').update(JSON.stringify(description)).digest('hex')
    return { ...description, id: `${description.name}-${digest.slice(0, 12)}`, ...propertiesOf(description) }
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause)
    throw new UserError(`${where} does not describe a model: ${reason}`, { code: 'model-broken', cause })
  }
}

/** The plan by which a song of this model is separated. It stays the same when the model is later replaced or removed. */
export function planOf(model: Model): Plan {
  const { id, grid, stems, rest, needsWholeSong } = model
  return { modelId: id, grid, stems, rest, needsWholeSong }
}

export function modelBytes({ graphs }: Pick<ModelDescription, 'graphs'>): number {
  return graphs.reduce((sum, { bytes }) => sum + bytes, 0)
}

function propertiesOf(description: ModelDescription): Pick<Model, 'grid' | 'needsWholeSong' | 'isLarge'> {
  switch (description.kind) {
    case 'waveform':
      return { grid: waveformGrid(description.waveform.samples), needsWholeSong: true, isLarge: true }
    case 'spectrogram-mask':
      return { grid: gridOf(description.spectrogram), needsWholeSong: false, isLarge: false }
    default:
      return assertNever(description)
  }
}

function areOneFile(a: Graph, b: Graph): boolean {
  return a.sha256 !== b.sha256 && isSameFolder(a.file, b.file)
}

function givenBy(model: Pick<ModelDescription, 'graphs'>): string[] {
  return model.graphs.flatMap((graph) => ('uses' in graph ? graph.uses : graph.outputs))
}
