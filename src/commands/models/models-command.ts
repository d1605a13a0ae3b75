import { Socket } from 'node:net'
import { join } from 'node:path'
import { Command } from 'commander'
import { type Config, readConfig } from '../../config.ts'
import { OFFERS } from '../../models/catalogue.ts'
import { modelBytes } from '../../models/description.ts'
import { installModel } from '../../models/install.ts'
import { type InstalledModel, InstalledModels, readGraph } from '../../models/installed-models.ts'
import { removeModelFiles } from '../../models/model-folder.ts'
import { printableLine } from '../../platform/printable.ts'
import { messageOf, UserError } from '../../song/errors.ts'
import { abortOnSignal } from '../interrupt.ts'
import { graphCache, OWN_MODELS, openOwnModels } from '../model-folders.ts'
import { ProgressLine } from '../progress-line.ts'
import { print, printError, printJson } from '../terminal.ts'
import { hubToken } from './hub-token.ts'
import { describe, table } from './model-table.ts'
import { readTrials, saveTrial } from './saved-trials.ts'
import { trialOf } from './trial-process.ts'

/** `minus-one models`: lists, installs, removes and verifies models. */
export function modelsCommand(): Command {
  const models = new Command('models').description('Lists, installs, removes and verifies models.')
  models
    .command('list', { isDefault: true })
    .description('Lists installed models and those that can be installed by name.')
    .option('--json', 'as JSON', false)
    .action(async ({ json }: { json: boolean }) => list(readConfig(process.env), json))
  models
    .command('info')
    .description('Shows everything about one model.')
    .argument('<name>')
    .action(async (name: string) => info(readConfig(process.env), name))
  models
    .command('install')
    .description('Installs a model: a name of the list, or a folder or URL that holds a model.json.')
    .argument('<what>')
    .option('--half', 'take the weights as 16-bit floats: half the download, the same work', false)
    .option('--accept-new', 'accept a file whose hash has changed since it was first installed', false)
    .option('--replace', 'install it in place of another model of that name', false)
    .action(async (what: string, flags: { half: boolean; acceptNew: boolean; replace: boolean }) => {
      const { half: isHalf, acceptNew: acceptsNew, replace: replaces } = flags
      await install(readConfig(process.env), { what, isHalf, acceptsNew, replaces })
    })
  models
    .command('remove')
    .description('Removes an installed model.')
    .argument('<name>')
    .action(async (name: string) => remove(readConfig(process.env), name))
  models
    .command('verify')
    .description('Checks the files of installed models and tries them out; measures time and memory.')
    .argument('[name...]')
    .action(async (names: string[]) => verify(readConfig(process.env), names))
  models
    .command('try', { hidden: true })
    .argument('<folder>')
    .argument('[others...]')
    .action(async (folder: string, others: string[]) => tryOne(readConfig(process.env), folder, others))
  return models
}

async function list(config: Config, asJson: boolean): Promise<void> {
  const installedModels = await openOwnModels(config)
  const trials = await readTrials(config)
  const rows = [
    ...installedModels.all.map((model) => describe(model, { isInstalled: true, trial: trials[model.id] ?? null })),
    ...OFFERS.filter(({ name }) => !installedModels.get(name)).map((offer) =>
      describe(offer, { isInstalled: false, trial: null }),
    ),
  ]
  if (asJson) printJson(rows)
  else print(table(rows, config.MODEL))
  for (const { reason } of installedModels.faults) printError(`minus-one: ${reason}`)
}

async function info(config: Config, name: string): Promise<void> {
  const installedModels = await openOwnModels(config)
  const offer = OFFERS.find((each) => each.name === name)
  const model = installedModels.get(name) ?? offer ?? installedModels.find(name)
  const isInstalled = 'folder' in model
  const trial = isInstalled ? ((await readTrials(config))[model.id] ?? null) : null
  const lines = Object.entries(describe(model, { isInstalled, trial })).map(([key, value]) => {
    return `${key.replaceAll('_', ' ').padEnd(22)}${typeof value === 'object' ? JSON.stringify(value) : printableLine(String(value))}`
  })
  if (isInstalled) lines.push(`${'folder'.padEnd(22)}${model.folder}`, `${'id'.padEnd(22)}${model.id}`)
  print(lines.join('\n'))
}

async function install(
  config: Config,
  choices: { what: string; isHalf: boolean; acceptsNew: boolean; replaces: boolean },
): Promise<void> {
  const { signal } = abortOnSignal()
  const bars = new Map<string, ProgressLine>()
  const model = await installModel({
    ...choices,
    folder: config.MODELS_DIR,
    others: [OWN_MODELS],
    hub: { endpoint: config.HF_ENDPOINT, token: config.HF_TOKEN ?? (await hubToken()) },
    signal,
    onProgress({ file, bytes, of }) {
      const bar = bars.get(file) ?? new ProgressLine({ name: file, totalSeconds: of, isQuiet: false })
      bars.set(file, bar)
      bar.show(bytes)
      if (bytes >= of) bar.end()
    },
    async tryOut(candidate) {
      printError(`Trying out ${candidate.name} …`)
      const others = [config.MODELS_DIR]
      const trial = await trialOf({ model: candidate, others, signal }).catch(async (error: unknown) => {
        await discardOptimised(config, candidate)
        throw error
      })
      await saveTrial(config, candidate.id, trial)
    },
  }).catch((error: unknown) => {
    if (!signal.aborted) throw error
    throw new UserError('Interrupted. What was downloaded is kept: install it again to continue.', {
      code: 'interrupted',
    })
  })
  print(`${model.name} is installed in ${model.folder}. Workers get it from the server.`)
}

async function remove(config: Config, name: string): Promise<void> {
  const installed = await InstalledModels.open([config.MODELS_DIR])
  const folder =
    installed.get(name)?.folder ?? installed.faults.find((fault) => fault.folder.endsWith(`/${name}`))?.folder
  if (folder === undefined) {
    const isOwn = (await openOwnModels(config)).get(name) !== undefined
    throw new UserError(
      isOwn
        ? `${name} comes with the program and cannot be removed.`
        : `There is no model '${name}' in ${config.MODELS_DIR}.`,
      {
        code: 'model-not-found',
      },
    )
  }
  const model = installed.get(name)
  if (model) await discardOptimised(config, model)
  const left = await removeModelFiles(folder)
  const note = left.length > 0 ? ` ${folder} stays: it holds other files (${left.join(', ')}).` : ''
  print(`${name} was removed.${note}`)
}

/** Removes the optimised forms of a model's graphs. Another model that uses one optimises it again when it is loaded. */
async function discardOptimised(config: Config, { graphs }: InstalledModel): Promise<void> {
  const { OptimisedGraphs } = await import('../../separate/optimised-graphs.ts')
  const optimised = new OptimisedGraphs(graphCache(config))
  for (const graph of graphs) await optimised.discard(graph)
}

async function verify(config: Config, names: readonly string[]): Promise<void> {
  const installedModels = await openOwnModels(config)
  const chosen = names.length > 0 ? names.map((name) => installedModels.find(name)) : installedModels.all
  for (const { folder, reason } of installedModels.faults) {
    if (names.length > 0 && !names.some((name) => folder.endsWith(`/${name}`))) continue
    printError(`minus-one: ${reason}`)
    process.exitCode = 1
  }
  for (const model of chosen) {
    try {
      for (const [index, graph] of model.graphs.entries()) await readGraph(model.paths[index] ?? '', graph)
      const trial = await trialOf({ model, others: [config.MODELS_DIR, OWN_MODELS] })
      await saveTrial(config, model.id, trial)
      const speed = (trial.soundSeconds / trial.secondsPerSegment).toFixed(1)
      const memory = Math.round(trial.memoryMb)
      const megabytes = Math.round(modelBytes(model) / 1e6)
      print(`${model.name}: whole (${megabytes} MB), ${speed} s of sound a second, ${memory} MB of memory`)
    } catch (error) {
      printError(`${model.name}: ${messageOf(error)}`)
      process.exitCode = 1
    }
  }
}

/** The child process of a trial: prints one line of JSON, and ends with the process that started it. */
async function tryOne(config: Config, folder: string, others: readonly string[]): Promise<void> {
  process.stdin.once('close', () => process.kill(process.pid, 'SIGKILL')).resume()
  if (process.stdin instanceof Socket) process.stdin.unref()
  const { tryModel } = await import('./try-model.ts')
  const installedModels = await InstalledModels.open([join(folder, '..'), ...others, OWN_MODELS])
  const model = installedModels.all.find((each) => each.folder === folder) ?? installedModels.find(folder)
  const threads = model.isLarge ? 0 : 1
  const trial = await tryModel({
    model,
    threads,
    provider: config.EXECUTION_PROVIDER,
    graphsFolder: graphCache(config),
  })
  printJson(trial)
}
