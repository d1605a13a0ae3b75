import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { type Graph, type Model, parseModel } from '../../src/models/description.ts'
import { type InstalledModel, InstalledModels } from '../../src/models/installed-models.ts'
import { CouldNotTry } from '../../src/separate/could-not-try.ts'
import type { ModelPool } from '../../src/separate/model-pool.ts'
import type { Separator } from '../../src/separate/separator.ts'
import type { ServerApi } from '../../src/separate/server-api.ts'
import type { Speech } from '../../src/separate/speech.ts'
import { WorkerModels } from '../../src/separate/worker-models.ts'
import type { Assignment } from '../../src/song/messages.ts'

const MEMORY_MB = 1_000

/** The text of a model.json with two graphs. The first one is shared by all models. */
function descriptionOf(name: string): string {
  const graph = (file: string, output: string) => ({
    file,
    sha256: createHash('sha256').update(file).digest('hex'),
    bytes: file.length,
    input: 'x',
    outputs: [output],
  })
  return JSON.stringify({
    name,
    title: name,
    stems: ['vocals', 'drums', 'rest'],
    rest: 'rest',
    kind: 'spectrogram-mask',
    spectrogram: { frameSize: 4096, hop: 1024, frames: 64, bins: 1024, overlapFrames: 8 },
    graphs: [graph('shared.onnx', 'vocals'), graph(`${name}.onnx`, 'drums')],
    memoryMb: 500,
    secondsPerSegment: 1,
    sdrDb: {},
    licence: 'MIT',
    source: 'a test',
  })
}

describe('The models of a worker', () => {
  let folder: string
  let cacheFolder: string
  let installedModels: InstalledModels
  /** The ids of the models that were loaded, and those that cannot be loaded. */
  let loaded: string[]
  let broken: Set<string>

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-models-'))
    cacheFolder = join(folder, 'cache')
    installedModels = await InstalledModels.open([join(folder, 'installed'), cacheFolder])
    loaded = []
    broken = new Set()
  })
  afterEach(() => rm(folder, { recursive: true }))

  function newModels({ refused = [] }: { refused?: readonly string[] } = {}): WorkerModels {
    const pool = {
      capacity: { memoryMb: MEMORY_MB },
      async separatorOf({ id }: InstalledModel): Promise<Separator> {
        if (broken.has(id)) throw new Error('the network cannot be loaded')
        loaded.push(id)
        return { id, grid: { strideSamples: 1 } } as unknown as Separator
      },
      async speechOf({ id }: { id: string }): Promise<Speech> {
        if (broken.has(id)) throw new Error('the network cannot be loaded')
        loaded.push(id)
        return { run: async () => ({ language: 'en', words: [] }) }
      },
    } as unknown as ModelPool
    return new WorkerModels({ installedModels, pool, cacheFolder, refused })
  }

  async function install(name: string): Promise<Model> {
    const place = join(folder, 'installed', name)
    const model = parseModel(descriptionOf(name), name)
    await mkdir(place, { recursive: true })
    await writeFile(join(place, 'model.json'), descriptionOf(name))
    for (const { file } of model.graphs) await writeFile(join(place, file), file)
    await installedModels.refresh()
    return model
  }

  /** A model that hears words. Returns its id. */
  async function installSpeech(name: string, memoryMb = 1): Promise<string> {
    const place = join(folder, 'installed', name)
    await mkdir(place, { recursive: true })
    const text = await readFile(new URL('../../models/whisper-base/model.json', import.meta.url), 'utf8')
    await writeFile(join(place, 'model.json'), JSON.stringify({ ...JSON.parse(text), name, memoryMb }))
    for (const file of ['encoder.onnx', 'decoder.onnx', 'tokens.txt']) await writeFile(join(place, file), '')
    await installedModels.refresh()
    return installedModels.speech.find((model) => model.name === name)?.id ?? assert.fail()
  }

  /** A server that has a model. `fetched` lists the graphs that were fetched from it. */
  function serverWith(name: string, { sent = name, faults = [] as Error[], leavesPart = false, isEmpty = false } = {}) {
    const model = parseModel(descriptionOf(name), name)
    const fetched: string[] = []
    const api = {
      fetchModel: async () => descriptionOf(sent),
      async fetchGraph(_: Assignment, { file }: Graph, path: string) {
        if (leavesPart) await writeFile(`${path}.part`, 'a')
        const fault = faults.shift()
        if (fault) throw fault
        fetched.push(file)
        if (!isEmpty) await writeFile(path, file)
      },
    } as unknown as ServerApi
    return {
      id: model.id,
      offer: [{ id: model.id, kind: 'separate' as const, memoryMb: model.memoryMb }],
      api,
      fetched,
    }
  }

  const jobOf = (modelId: string) => ({ modelId, kind: 'separate' }) as Assignment

  test('are those on its machine and those that servers offer', async () => {
    const { id } = await install('here')
    const models = newModels()
    models.offer('server-1', [{ id: 'there-1', kind: 'separate' as const, memoryMb: 1 }])
    models.offer('server-2', [{ id: 'there-2', kind: 'separate' as const, memoryMb: 1 }])
    assert.deepEqual(models.usable, [id, 'there-1', 'there-2'])
  })

  test('change only when a server offers other models than before', () => {
    const models = newModels()
    const offer = [{ id: 'a', kind: 'separate' as const, memoryMb: 1 }]
    assert.equal(models.offer('server-1', offer), true)
    assert.equal(models.offer('server-1', offer), false)
    assert.equal(models.offer('server-2', offer), false)
    assert.equal(models.offer('server-1', []), false)
    assert.equal(models.offer('server-2', []), true)
    assert.deepEqual(models.usable, [])
  })

  test('are only those that fit into its memory and have not killed a worker on its machine', () => {
    const models = newModels({ refused: ['deadly'] })
    models.offer('server-1', [
      { id: 'fits', kind: 'separate' as const, memoryMb: MEMORY_MB },
      { id: 'large', kind: 'separate' as const, memoryMb: MEMORY_MB + 1 },
      { id: 'deadly', kind: 'separate' as const, memoryMb: 1 },
    ])
    assert.deepEqual(models.usable, ['fits'])
  })

  test('that hear words are loaded with their first job, and its result is JSON', async () => {
    const id = await installSpeech('hears')
    await installSpeech('large', MEMORY_MB + 1)
    const models = newModels()
    assert.deepEqual(models.usable, [], 'no server has work for them')
    const speech = installedModels.speech.map((model) => ({
      id: model.id,
      kind: 'lyrics' as const,
      memoryMb: model.memoryMb,
    }))
    models.offer('server-1', [...speech, { id: 'elsewhere', kind: 'lyrics', memoryMb: 1 }])
    assert.deepEqual([models.usable, models.kinds, loaded], [[id], ['separate', 'lyrics'], []])
    const task = { kind: 'transcribe', language: null }
    const assignment = { kind: 'lyrics', modelId: id, task, inputBytes: 32_000 } as Assignment
    const work = await models.workOf(assignment, {} as ServerApi)
    assert.deepEqual([loaded, work.soundSeconds], [[id], 1])
    const parts = await work.perform(new Int16Array(16_000), new AbortController().signal)
    assert.deepEqual(JSON.parse(Buffer.concat(parts).toString()), { language: 'en', words: [] })
  })

  test('that hear words are left to others if they cannot be loaded, or are not here', async () => {
    const id = await installSpeech('hears')
    broken.add(id)
    const models = newModels()
    models.offer('server-1', [{ id, kind: 'lyrics', memoryMb: 1 }])
    const workOf = (modelId: string) => models.workOf({ kind: 'lyrics', modelId } as Assignment, {} as ServerApi)
    await assert.rejects(workOf(id), /cannot be loaded/)
    assert.deepEqual(models.usable, [])
    await assert.rejects(workOf('elsewhere'), CouldNotTry)
  })

  test('are fetched from the server with the first job only', async () => {
    const models = newModels()
    const { id, api, offer, fetched } = serverWith('far')
    models.offer('server-1', offer)
    for (let job = 0; job < 2; job++) await models.workOf(jobOf(id), api)
    assert.deepEqual(fetched, ['shared.onnx', 'far.onnx'])
    assert.deepEqual(loaded, [id, id])
    assert.deepEqual((await readdir(join(cacheFolder, id))).sort(), ['far.onnx', 'model.json', 'shared.onnx'])
  })

  test('are fetched without the graphs that another model has', async () => {
    await install('here')
    const { id, api, fetched } = serverWith('far')
    await newModels().workOf(jobOf(id), api)
    assert.deepEqual(fetched, ['far.onnx'])
  })

  test('stay usable after a download failed, and the next job fetches them', async () => {
    const models = newModels()
    const { id, api, offer } = serverWith('far', { faults: [new CouldNotTry('the line is cut')] })
    models.offer('server-1', offer)
    await assert.rejects(models.workOf(jobOf(id), api), /the line is cut/)
    assert.deepEqual(models.usable, [id])
    assert.deepEqual(await readdir(cacheFolder), [], 'no empty folder is left')
    await models.workOf(jobOf(id), api)
    assert.deepEqual(loaded, [id])
  })

  test('keep the part of a failed download, which the next one resumes', async () => {
    const { id, api } = serverWith('far', { faults: [new CouldNotTry('the line is cut')], leavesPart: true })
    await assert.rejects(newModels().workOf(jobOf(id), api), /the line is cut/)
    assert.deepEqual(await readdir(join(cacheFolder, id)), ['shared.onnx.part'])
  })

  test('stay usable, without a folder in the cache, if they did not arrive complete', async () => {
    const models = newModels()
    const { id, api, offer } = serverWith('far', { isEmpty: true })
    models.offer('server-1', offer)
    await assert.rejects(models.workOf(jobOf(id), api), { code: 'model-broken' })
    assert.deepEqual(models.usable, [id])
    assert.equal(existsSync(join(cacheFolder, id)), false)
  })

  test('are not usable any more after they could not be loaded', async () => {
    const models = newModels()
    const { id, api, offer } = serverWith('far')
    models.offer('server-1', [...offer, { id: 'other', kind: 'separate' as const, memoryMb: 1 }])
    broken.add(id)
    await assert.rejects(models.workOf(jobOf(id), api), /cannot be loaded/)
    assert.deepEqual(models.usable, ['other'])
    assert.equal(models.offer('server-2', offer), false, 'whoever offers it')
  })

  test('are refused if the server sends another model than the job needs', async () => {
    const { id, api } = serverWith('far', { sent: 'other' })
    await assert.rejects(newModels().workOf(jobOf(id), api), CouldNotTry)
    assert.equal(existsSync(cacheFolder), false)
  })
})
