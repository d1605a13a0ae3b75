import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/* TensorProto.DataType. */
const FLOAT32 = 1
const INT64 = 7
const BOOL = 9

/**
 * The smallest graph with the interface of the public waveform models: 'stems' [1, S, 2, n] is 'mix' [1, 2, n] times one
 * gain a stem. It is encoded by hand in ONNX's protobuf (onnx.proto of opset 13, IR 8), so that tests need no model file.
 */
export function gainGraph(gains: readonly number[], samples: number): Uint8Array {
  const nodes = [node('Mul', ['mix', 'gains'], 'stems')]
  return model({ nodes, weights: [weightsOf('gains', [1, gains.length, 1, 1], gains)], gains, samples })
}

/**
 * The same graph with work that is done while it is loaded: `products` products of a 480 × 480 matrix with itself, which
 * do not change the matrix and take about 5 ms each.
 */
export function slowGraph(gains: readonly number[], samples: number, products: number): Uint8Array {
  const size = 480
  const chain = Array.from({ length: products }, (_, i) => node('MatMul', [i ? `m${i}` : 'm', 'm'], `m${i + 1}`))
  const weights = [
    weightsOf('m', [size, size], new Float32Array(size * size).fill(1 / size)),
    weightsOf(
      'scaled',
      [1, gains.length, 1, 1],
      gains.map((gain) => gain * size),
    ),
  ]
  const nodes = [
    ...chain,
    node('ReduceMean', [`m${products}`], 'mean', { keepdims: 0 }),
    node('Mul', ['scaled', 'mean'], 'gains'),
    node('Mul', ['mix', 'gains'], 'stems'),
  ]
  return model({ nodes, weights, gains, samples })
}

/**
 * The same graph with work that is done at each run: `products` products of a matrix with itself. It throws at a sample of
 * `loudest` or more.
 */
export function heavyGraph({
  gains,
  samples,
  products,
  loudest,
}: {
  gains: readonly number[]
  samples: number
  products: number
  loudest: number
}): Uint8Array {
  const size = 480
  const scaled = gains.map((gain) => gain * size)
  const weights = [
    weightsOf('m', [size, size], new Float32Array(size * size).fill(1 / size)),
    weightsOf('scaled', [1, gains.length, 1, 1], scaled),
    weightsOf('share', [], [1 / loudest]),
    weightsOf('ones', [1], [1]),
  ]
  const nodes = [
    node('Abs', ['mix'], 'heights'),
    node('ReduceMax', ['heights'], 'height', { keepdims: 0 }),
    node('Mul', ['height', 'share'], 'ratio'),
    node('Floor', ['ratio'], 'whole'),
    node('Cast', ['whole'], 'index', { to: 7 }),
    node('Gather', ['ones', 'index'], 'one'), // there is no second one
    node('Mul', ['m', 'one'], 'm0'),
    ...Array.from({ length: products }, (_, i) => node('MatMul', [`m${i}`, 'm0'], `m${i + 1}`)),
    node('ReduceMean', [`m${products}`], 'mean', { keepdims: 0 }),
    node('Mul', ['scaled', 'mean'], 'gains'),
    node('Mul', ['mix', 'gains'], 'stems'),
  ]
  return model({ nodes, weights, gains, samples })
}

/** Writes a model folder: a model.json and one graph. */
export async function writeModel(
  folder: string,
  {
    name = 'tiny',
    gains = [0.5, 0.25, 0.125, 0.125],
    samples = 44_100,
    graph = gainGraph(gains, samples),
    memoryMb = 100,
    rows = ['drums', 'bass', 'other', 'vocals'],
    ...changes
  }: {
    name?: string
    rows?: readonly string[]
    gains?: number[]
    samples?: number
    graph?: Uint8Array
    memoryMb?: number
    [key: string]: unknown
  } = {},
): Promise<string> {
  const description = {
    name,
    title: 'A tiny one',
    stems: ['vocals', 'drums', 'bass', 'other'],
    rest: 'other',
    kind: 'waveform',
    waveform: { samples },
    graphs: [
      {
        file: 'gains.onnx',
        sha256: createHash('sha256').update(graph).digest('hex'),
        bytes: graph.length,
        input: 'mix',
        output: 'stems',
        rows,
        uses: rows,
      },
    ],
    memoryMb,
    secondsPerSegment: 0.01,
    sdrDb: {},
    licence: 'MIT',
    source: 'made for a test',
    ...changes,
  }
  const place = join(folder, name)
  await mkdir(place, { recursive: true })
  await writeFile(join(place, 'model.json'), JSON.stringify(description))
  await writeFile(join(place, 'gains.onnx'), graph)
  return place
}

function model(parts: { nodes: Uint8Array[]; weights: Uint8Array[]; gains: readonly number[]; samples: number }) {
  const graph = message([
    ...parts.nodes.map((each) => bytes(1, each)),
    text(2, 'gains'),
    ...parts.weights.map((each) => bytes(5, each)),
    bytes(11, tensor('mix', [1, 2, parts.samples])),
    bytes(12, tensor('stems', [1, parts.gains.length, 2, parts.samples])),
  ])
  return message([integer(1, 8), bytes(7, graph), bytes(8, message([text(1, ''), integer(2, 13)]))])
}

function node(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Record<string, number> = {},
): Uint8Array {
  const set = Object.entries(attributes).map(([name, value]) =>
    bytes(5, message([text(1, name), integer(3, value), integer(20, 2)])),
  )
  return message([...inputs.map((name) => text(1, name)), text(2, output), text(3, output), text(4, operator), ...set])
}

function weightsOf(name: string, shape: readonly number[], values: ArrayLike<number>): Uint8Array {
  return message([
    ...shape.map((size) => integer(1, size)),
    integer(2, FLOAT32),
    text(8, name),
    bytes(9, new Uint8Array(Float32Array.from(values).buffer)),
  ])
}

/** The same interface, but an endless loop computes the gains. */
export function endlessGraph(gains: readonly number[], samples: number): Uint8Array {
  const shape = [1, gains.length, 1, 1]
  const body = message([
    bytes(1, node('Identity', ['go'], 'goOn')),
    bytes(1, node('Identity', ['held'], 'heldOn')),
    text(2, 'body'),
    bytes(11, tensor('turn', [], INT64)),
    bytes(11, tensor('go', [], BOOL)),
    bytes(11, tensor('held', shape)),
    bytes(12, tensor('goOn', [], BOOL)),
    bytes(12, tensor('heldOn', shape)),
  ])
  const attribute = message([text(1, 'body'), bytes(6, body), integer(20, 5)])
  const loop = message([node('Loop', ['', 'true', 'gains'], 'looped'), bytes(5, attribute)])
  const always = message([integer(2, BOOL), text(8, 'true'), bytes(9, Uint8Array.of(1))])
  const weights = [weightsOf('gains', shape, gains), always]
  return model({ nodes: [loop, node('Mul', ['mix', 'looped'], 'stems')], weights, gains, samples })
}

/** Each stem is the larger of the mix and stored values. Those are float32 in another file. */
export function externalGraph(gains: readonly number[], samples: number, location: string): Uint8Array {
  const shape = [1, gains.length, 1, samples]
  const weights = [
    message([
      ...shape.map((size) => integer(1, size)),
      integer(2, FLOAT32),
      text(8, 'gains'),
      ...externalData(location),
    ]),
  ]
  return model({ nodes: [node('Max', ['mix', 'gains'], 'stems')], weights, gains, samples })
}

/** The fields of a tensor whose values are in another file. */
export function externalData(location: string): Uint8Array[] {
  return [bytes(13, message([text(1, 'location'), text(2, location)])), integer(14, 1)]
}

// Protocol Buffers, wire types 0 (varint) and 2 (length-delimited).

function tensor(name: string, shape: readonly number[], elementType = FLOAT32): Uint8Array {
  const sizes = message(shape.map((size) => bytes(1, message([integer(1, size)]))))
  const type = message([bytes(1, message([integer(1, elementType), bytes(2, sizes)]))])
  return message([text(1, name), bytes(2, type)])
}

export function message(fields: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(fields))
}

export function integer(field: number, value: number): Uint8Array {
  return message([varint(field << 3), varint(value)])
}

export function bytes(field: number, value: Uint8Array): Uint8Array {
  return message([varint((field << 3) | 2), varint(value.length), value])
}

export function text(field: number, value: string): Uint8Array {
  return bytes(field, new TextEncoder().encode(value))
}

export function varint(value: number): Uint8Array {
  const result: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) result.push((rest % 128) | 128)
  return Uint8Array.from([...result, rest])
}
