import { spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { type Config, readConfig, usableMemoryMb } from '../config.ts'
import { OFFERS } from '../models/catalogue.ts'
import { modelBytes } from '../models/description.ts'
import { installModel } from '../models/install.ts'
import { readGraph, Shelf, type ShelvedModel } from '../models/shelf.ts'
import { messageOf, UserError } from '../song/errors.ts'
import { hubToken } from './hub-token.ts'
import { graphCache, OWN_MODELS, openOwnShelf } from './model-folders.ts'
import { describe, table } from './model-words.ts'
import { ProgressLine } from './progress-line.ts'
import { readTrials, saveTrial } from './trials.ts'
import type { Trial } from './try-model.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

/** `minus-one models`: what is installed and what can be, and how to change that. */
export function modelsCommand(): Command {
  const models = new Command('models').description('Lists, installs, removes and verifies models.')
  models
    .command('list', { isDefault: true })
    .description('Lists installed models and those that can be installed by name.')
    .option('--json', 'as JSON', false)
    .action(async ({ json }: { json: boolean }) => list(readConfig(process.env), json))
  models
    .command('info')
    .description('Tells all about one model.')
    .argument('<name>')
    .action(async (name: string) => info(readConfig(process.env), name))
  models
    .command('install')
    .description('Installs a model: a name of the list, or a folder or URL that holds a model.json.')
    .argument('<what>')
    .option('--half', 'take the weights as 16-bit floats: half the download, the same work', false)
    .option('--accept-new', 'take a file that is no longer the one it was when first installed', false)
    .action(async (what: string, flags: { half: boolean; acceptNew: boolean }) => {
      await install(readConfig(process.env), { what, isHalf: flags.half, acceptsNew: flags.acceptNew })
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
  const shelf = await openOwnShelf(config)
  const trials = await readTrials(config)
  const rows = [
    ...shelf.models.map((model) => describe(model, { isInstalled: true, trial: trials[model.id] ?? null })),
    ...OFFERS.filter(({ name }) => !shelf.get(name)).map((offer) =>
      describe(offer, { isInstalled: false, trial: null }),
    ),
  ]
  process.stdout.write(asJson ? `${JSON.stringify(rows)}\n` : table(rows, config.MODEL))
  for (const { reason } of shelf.faults) process.stderr.write(`minus-one: ${reason}\n`)
}

async function info(config: Config, name: string): Promise<void> {
  const shelf = await openOwnShelf(config)
  const offer = OFFERS.find((each) => each.name === name)
  const model = shelf.get(name) ?? offer ?? shelf.find(name)
  const isInstalled = 'folder' in model
  const trial = isInstalled ? ((await readTrials(config))[model.id] ?? null) : null
  const lines = Object.entries(describe(model, { isInstalled, trial })).map(([key, value]) => {
    return `${key.replaceAll('_', ' ').padEnd(22)}${typeof value === 'object' ? JSON.stringify(value) : value}`
  })
  if (isInstalled) lines.push(`${'folder'.padEnd(22)}${model.folder}`, `${'id'.padEnd(22)}${model.id}`)
  process.stdout.write(`${lines.join('\n')}\n`)
}

async function install(
  config: Config,
  { what, isHalf, acceptsNew }: { what: string; isHalf: boolean; acceptsNew: boolean },
): Promise<void> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const bars = new Map<string, ProgressLine>()
  const model = await installModel({
    what,
    folder: config.MODELS_DIR,
    others: [OWN_MODELS],
    hub: { endpoint: config.HF_ENDPOINT, token: config.HF_TOKEN ?? (await hubToken()) },
    isHalf,
    acceptsNew,
    signal: stop.signal,
    onProgress({ file, bytes, of }) {
      const bar = bars.get(file) ?? new ProgressLine({ name: file, totalSeconds: of, isQuiet: false })
      bars.set(file, bar)
      bar.show(bytes)
      if (bytes >= of) bar.end()
    },
    async tryOut(candidate) {
      process.stderr.write(`Trying ${candidate.name} out …\n`)
      await saveTrial(config, candidate.id, await trialOf(candidate, [config.MODELS_DIR]))
    },
  }).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error
    throw new UserError('Interrupted. What has come so far is gone on with when you install it again.', {
      code: 'interrupted',
    })
  })
  process.stdout.write(`${model.name} is installed in ${model.folder}. Workers get it from the server.\n`)
}

async function remove(config: Config, name: string): Promise<void> {
  const installed = await Shelf.open([config.MODELS_DIR])
  const folder =
    installed.get(name)?.folder ?? installed.faults.find((fault) => fault.folder.endsWith(`/${name}`))?.folder
  if (folder === undefined) {
    const isOwn = (await openOwnShelf(config)).get(name) !== undefined
    throw new UserError(
      isOwn ? `${name} comes with the program and stays.` : `There is no model '${name}' in ${config.MODELS_DIR}.`,
      {
        code: 'model-not-found',
      },
    )
  }
  const { OptimisedGraphs } = await import('../separate/optimised-graphs.ts')
  const optimised = new OptimisedGraphs(graphCache(config))
  for (const graph of installed.get(name)?.graphs ?? []) await optimised.remove(graph)
  await rm(folder, { recursive: true })
  process.stdout.write(`${name} is removed.\n`)
}

async function verify(config: Config, names: readonly string[]): Promise<void> {
  const shelf = await openOwnShelf(config)
  const chosen = names.length > 0 ? names.map((name) => shelf.find(name)) : shelf.models
  for (const { folder, reason } of shelf.faults) {
    if (names.length > 0 && !names.some((name) => folder.endsWith(`/${name}`))) continue
    process.stderr.write(`minus-one: ${reason}\n`)
    process.exitCode = 1
  }
  for (const model of chosen) {
    try {
      for (const [index, graph] of model.graphs.entries()) await readGraph(model.paths[index] ?? '', graph)
      const trial = await trialOf(model, [config.MODELS_DIR, OWN_MODELS])
      await saveTrial(config, model.id, trial)
      const speed = (trial.soundSeconds / trial.secondsPerSegment).toFixed(1)
      const memory = Math.round(trial.memoryMb)
      const megabytes = Math.round(modelBytes(model) / 1e6)
      process.stdout.write(
        `${model.name}: whole (${megabytes} MB), ${speed} s of sound a second, ${memory} MB of memory\n`,
      )
    } catch (error) {
      process.stderr.write(`${model.name}: ${messageOf(error)}\n`)
      process.exitCode = 1
    }
  }
}

/** The child's side of a trial: one line of JSON. */
async function tryOne(config: Config, folder: string, others: readonly string[]): Promise<void> {
  const { tryModel } = await import('./try-model.ts')
  const shelf = await Shelf.open([join(folder, '..'), ...others, OWN_MODELS])
  const model = shelf.models.find((each) => each.folder === folder) ?? shelf.find(folder)
  const threads = model.kind === 'waveform' ? 0 : 1
  const trial = await tryModel({
    model,
    threads,
    provider: config.EXECUTION_PROVIDER,
    graphsFolder: graphCache(config),
  })
  process.stdout.write(`${JSON.stringify(trial)}\n`)
}

/** Tries a model in a process of its own. Throws when it is not usable, or killed that process. */
async function trialOf(model: ShelvedModel, others: readonly string[]): Promise<Trial> {
  const usable = usableMemoryMb()
  if (model.memoryMb > usable) {
    throw new UserError(
      `${model.name} takes ${model.memoryMb} MB of memory; this machine has ${usable} MB for it. Install it on the server of larger workers.`,
      { code: 'no-memory' },
    )
  }
  const child = spawn(process.execPath, [...process.execArgv, MAIN, 'models', 'try', model.folder, ...others], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  let failed = ''
  child.stdout.on('data', (bytes) => (said += String(bytes)))
  child.stderr.on('data', (bytes) => (failed += String(bytes)))
  const [code, by] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.once('close', (exit, signal) => resolve([exit, signal]))
  })
  if (code === 0) return JSON.parse(said) as Trial
  const reason = failed
    .trim()
    .split('\n')
    .findLast((line) => line.startsWith('minus-one: '))
    ?.slice('minus-one: '.length)
  throw new UserError(
    reason ?? `Model ${model.name} ends the process that loads it (${by ?? `exit ${code}`}). It is not installed.`,
    {
      code: 'model-broken',
    },
  )
}
