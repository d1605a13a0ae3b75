import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { StatisticsMeter } from '../../src/audio/statistics-meter.ts'
import { InstalledModels } from '../../src/models/installed-models.ts'
import { openSeparator } from '../../src/separate/open-separator.ts'
import { OptimisedGraphs } from '../../src/separate/optimised-graphs.ts'
import { separateWhole } from '../support/engine.ts'
import { gainGraph, slowGraph, writeModel } from '../support/onnx.ts'
import { makeSong } from '../support/songs.ts'

describe('the optimised form of a large graph', () => {
  let folder: string
  let graphs: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-optimised-'))
    graphs = join(folder, 'graphs')
    await writeModel(join(folder, 'models'), { graph: slowGraph([0.5, 0.25, 0.125, 0.125], 44_100, 20) })
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function separate(graphsFolder: string): Promise<Int16Array[]> {
    const model = (await InstalledModels.open([join(folder, 'models')])).find('tiny')
    const song = makeSong(2.2)
    const meter = new StatisticsMeter()
    meter.add(song)
    const { separator } = await openSeparator({ model, threads: 1, provider: 'cpu', graphsFolder })
    return separateWhole({ model, separator }, song, meter.statistics())
  }

  async function only(ending: string): Promise<string> {
    const found = (await readdir(graphs)).filter((name) => name.endsWith(ending))
    assert.equal(found.length, 1, `one file *${ending}`)
    return join(graphs, found[0] ?? '')
  }

  test('is written once, and gives the same samples as the graph', async () => {
    const first = await separate(graphs)
    const { mtimeMs } = await stat(await only('.onnx'))
    assert.deepEqual(await separate(graphs), first)
    assert.equal((await stat(await only('.onnx'))).mtimeMs, mtimeMs)
    // Where nothing can be written, the graph itself runs.
    assert.deepEqual(await separate('/dev/null/graphs'), first)
    assert.ok(
      (await readdir(graphs)).every((name) => !name.startsWith('.')),
      'nothing unfinished is left',
    )
  })

  test('is made again when the file is damaged, cut off or unfinished', async () => {
    const sound = await separate(graphs)
    const path = await only('.onnx')
    const whole = await readFile(path)
    await writeFile(
      path,
      whole.map((byte, index) => (index === whole.length >> 1 ? byte ^ 1 : byte)),
    )
    assert.deepEqual(await separate(graphs), sound)
    await truncate(path, whole.length - 1)
    assert.deepEqual(await separate(graphs), sound)
    await rm(await only('.sha256'))
    assert.deepEqual(await separate(graphs), sound)
    assert.deepEqual(await readFile(path), whole)
  })

  test('replaces the form of an earlier runtime, and is removed with its model', async () => {
    const graph = { sha256: 'ab'.repeat(32) }
    const optimised = new OptimisedGraphs(graphs)
    await writeFile(join(graphs, `${graph.sha256}-0.1.0-00000000.onnx`), 'old')
    assert.equal(await optimised.find(graph), null)
    const path = await optimised.make(graph, gainGraph([1], 100))
    assert.equal(await optimised.find(graph), path)
    const left = (await readdir(graphs)).filter((name) => name.startsWith(graph.sha256))
    assert.equal(left.length, 2)
    await optimised.discard(graph)
    assert.equal(await optimised.find(graph), null)
  })
})
