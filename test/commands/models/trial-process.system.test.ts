import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { trialOf } from '../../../src/commands/models/trial-process.ts'
import { InstalledModels } from '../../../src/models/installed-models.ts'
import { endlessGraph, gainGraph, writeModel } from '../../support/onnx.ts'
import { allPids, titleOf } from '../../support/proc.ts'
import { startProcess } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const FOUR = [0.5, 0.2, 0.2, 0.1]
const AMPLE = { maxMs: 60_000, memoryMb: 2_000 }

describe('the trial of a model', () => {
  let folder: string
  let settings: Record<string, string>

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-trial-'))
    settings = { MODELS_DIR: join(folder, 'models'), CACHE_DIR: join(folder, 'cache') }
    process.env['CACHE_DIR'] = settings['CACHE_DIR']
  })
  after(async () => {
    delete process.env['CACHE_DIR']
    await rm(folder, { recursive: true, force: true })
  })

  async function modelOf(name: string, graph: Uint8Array) {
    await writeModel(join(folder, 'offered'), { name, graph })
    return (await InstalledModels.open([join(folder, 'offered')])).find(name)
  }
  const trialsOf = (name: string) =>
    allPids().filter((pid) => titleOf(pid).includes(`models\0try\0`) && titleOf(pid).includes(name))

  test('measures time and memory on this machine', async () => {
    const trial = await trialOf({ model: await modelOf('good', gainGraph(FOUR, 44_100)), others: [], limits: AMPLE })
    assert.ok(trial.secondsPerSegment > 0 && trial.memoryMb > 10)
  })

  test('ends with the reason when a network does not end', async () => {
    const model = await modelOf('endless', endlessGraph(FOUR, 44_100))
    const limits = { ...AMPLE, maxMs: 4_000 }
    await assert.rejects(trialOf({ model, others: [], limits }), /Model endless is not usable: .* within 4 seconds/)
    assert.deepEqual(trialsOf('endless'), [])
  })

  test('ends with the reason when it takes more memory than this machine has for models', async () => {
    const model = await modelOf('endless', endlessGraph(FOUR, 44_100))
    const limits = { ...AMPLE, memoryMb: 100 }
    await assert.rejects(trialOf({ model, others: [], limits }), /took more than 100 MB of memory/)
    assert.deepEqual(trialsOf('endless'), [])
  })

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`ends with its parent process, by ${signal}`, async () => {
      const model = await modelOf('endless', endlessGraph(FOUR, 44_100))
      const installing = startProcess(['models', 'install', model.folder], settings)
      await until('the trial runs', () => trialsOf('endless').length > 0)
      await installing.stop(signal)
      await until('it has ended', () => trialsOf('endless').length === 0)
      if (signal === 'SIGTERM') assert.deepEqual(await readdir(settings['MODELS_DIR'] ?? ''), [])
    })
  }
})
