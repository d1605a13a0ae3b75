import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { refuseExternalData } from '../../src/models/graph-file.ts'
import { bytes, endlessGraph, externalData, gainGraph, integer, message, slowGraph, varint } from '../support/onnx.ts'

const FOUR = [0.5, 0.2, 0.2, 0.1]
const EXTERNAL = message(externalData('weights.bin'))

/** Wraps a message into fields. Their numbers are listed from the innermost (the tensor's) to the model's. */
function within(tensor: Uint8Array, fields: readonly number[]): Uint8Array {
  return fields.reduce((inner, field) => bytes(field, inner), tensor)
}

describe('graphs that take values from other files', () => {
  const refuse = (graph: Uint8Array) => refuseExternalData(graph, 'gains.onnx')

  test('graphs that contain all their values are accepted', async () => {
    for (const graph of [gainGraph(FOUR, 44_100), slowGraph(FOUR, 44_100, 3), endlessGraph(FOUR, 44_100)]) refuse(graph)
    for (const name of ['spleeter-2stems/model.onnx', 'four-stems/accompaniment.onnx'])
      refuse(await readFile(new URL(`../../models/${name}`, import.meta.url)))
  })

  for (const [where, fields] of Object.entries({
    'an initializer': [5, 7],
    'a sparse initializer, its values': [1, 15, 7],
    'a sparse initializer, its indices': [2, 15, 7],
    'a constant of a node': [5, 5, 1, 7],
    'a list of constants of a node': [10, 5, 1, 7],
    'a sparse constant of a node': [1, 22, 5, 1, 7],
    'a list of sparse constants of a node': [2, 23, 5, 1, 7],
    'a branch of a condition': [5, 6, 5, 1, 7],
    'one of several graphs of a node': [5, 11, 5, 1, 7],
    'a loop within a loop': [5, 6, 5, 1, 6, 5, 1, 7],
    'a function': [5, 5, 7, 25],
    'a default of a function': [5, 11, 25],
    'a graph for training': [5, 1, 20],
  })) {
    test(`values in another file are refused in ${where}`, () => {
      assert.throws(() => refuse(within(EXTERNAL, fields)), /gains\.onnx is refused: it takes values from another file/)
    })
  }

  test('external data is refused in every encoding of the field', () => {
    const [file = new Uint8Array(), location = new Uint8Array()] = externalData('weights.bin')
    const long = message([varint(14 << 3), Uint8Array.of(0x81, 0x80, 0x80, 0x00)])
    for (const tensor of [file, location, long]) assert.throws(() => refuse(within(tensor, [5, 7])), /another file/)
    // A second graph is merged into the first.
    assert.throws(() => refuse(message([gainGraph(FOUR, 8_192), within(EXTERNAL, [5, 7])])), /another file/)
  })

  test('bytes that are not ONNX, or that other readers would read differently, are refused', () => {
    const wideTag = message([varint(2 ** 32 + 14 * 8), varint(1)])
    const graph = gainGraph(FOUR, 44_100)
    for (const strange of [
      within(wideTag, [5, 7]),
      graph.subarray(0, 150),
      message([graph, Uint8Array.of(0)]),
      message([graph, varint((3 << 3) | 3)]),
      message([Uint8Array.of(8, 0, 0, 0), Buffer.from('ORTM'), graph]),
      within(integer(2, 1), [5, ...Array.from({ length: 60 }, () => [6, 5, 1]).flat(), 7]),
    ])
      assert.throws(() => refuse(strange), /is not ONNX|nested too deeply/)
  })
})
