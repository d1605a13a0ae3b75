import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { SoundFormat } from '../audio/media.ts'
import { type Config, readConfig, SETTINGS } from '../config.ts'
import { graphCache, openOwnShelf } from './model-folders.ts'
import { modelsCommand } from './models-command.ts'
import { separateSongs } from './separate.ts'

const ROOT = new URL('../../', import.meta.url)
const USAGE = 2
const INTERRUPTED = 130

export const VERSION = (JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as { version: string }).version

/** The command line. Every setting of config.ts is a flag of the commands that use settings. */
export function program(): Command {
  const root = new Command('minus-one')
    .description('Plays a song minus the part you want to sing or play yourself.')
    .version(VERSION)
    .showHelpAfterError('(minus-one --help tells more)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE))
  root.addCommand(separateCommand())
  for (const command of [
    serveCommand(),
    workCommand(),
    modelsCommand(),
    workerCommand(),
    backupCommand(),
    doctorCommand(),
  ]) {
    root.addCommand(command, { hidden: command.name() === 'worker' })
  }
  for (const command of root.commands.flatMap((each) => [each, ...each.commands])) {
    command.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE))
  }
  return root
}

function separateCommand(): Command {
  return new Command('separate')
    .description('Separates songs into stems, without a server.')
    .argument('<song...>', 'files of sound: mp3, m4a, flac, wav, ogg, opus, the sound of mp4 …')
    .option('-o, --output <dir>', 'where to write', 'separated')
    .option('--stems <names>', 'only these stems, as in vocals,drums; instrumental is all but the voice', list, [])
    .option('--minus <names>', 'instead one mix without these stems, as in vocals or bass', list, [])
    .addOption(new Option('--format <format>').choices(['wav', 'flac', 'mp3', 'm4a', 'opus']).default('wav'))
    .option('--model <name>', "the model to use; 'minus-one models' lists them")
    .option('--processors <n>', 'how many segments at once', positive, availableParallelism())
    .option('--force', 'write over files that are there', false)
    .option('--json', 'one JSON object a song on standard output, nothing else', false)
    .action(async (songs: string[], flags: SeparateFlags) => {
      const config = readConfig(process.env)
      const model = (await openOwnShelf(config)).find(flags.model ?? config.MODEL)
      const { signal } = abortOnInterrupt()
      const options = { ...flags, songs, folder: flags.output }
      try {
        const failed = await separateSongs({
          options,
          model,
          processors: flags.processors,
          provider: config.EXECUTION_PROVIDER,
          graphsFolder: graphCache(config),
          signal,
        })
        process.exitCode = failed > 0 ? 1 : 0
      } catch (error) {
        if (!signal.aborted) throw error
        process.stderr.write('\nminus-one: interrupted; nothing half-written is left.\n')
        process.exitCode = INTERRUPTED
      }
    })
}

type SeparateFlags = {
  output: string
  stems: string[]
  minus: string[]
  format: SoundFormat
  model?: string
  processors: number
  force: boolean
  json: boolean
}

function serveCommand(): Command {
  return withSettings(
    new Command('serve').description('Starts the server, and without BROKER_HOST a broker and workers beside it.'),
  )
    .option('--open', 'serve other machines without an access token', false)
    .action(async (flags: Record<string, string> & { open: boolean }) => {
      const { serve } = await import('./serve.ts')
      await serve({ config: configOf(flags), isOpen: flags.open, version: VERSION })
    })
}

function workCommand(): Command {
  return withSettings(
    new Command('work').description('Starts workers that take jobs from the broker at BROKER_HOST.'),
  ).action(async (flags: Record<string, string>) => {
    const { work } = await import('./work.ts')
    await work({ config: configOf(flags) })
  })
}

function workerCommand(): Command {
  return withSettings(new Command('worker').description('One worker process; work and serve start them.'))
    .requiredOption('--name <name>', 'its name')
    .option('--unhealthy', 'kills itself', false)
    .option('--refused <ids>', 'models not to be touched', list, [])
    .action(async (flags: Record<string, string> & { name: string; unhealthy: boolean; refused: string[] }) => {
      const { runWorker } = await import('./worker.ts')
      const { name, unhealthy, refused } = flags
      await runWorker({ config: configOf(flags), name, isUnhealthy: unhealthy, refused })
    })
}

function doctorCommand(): Command {
  return withSettings(new Command('doctor').description('Says what is in force, what is missing, and how to mend it.'))
    .option('--server <url>', 'asks a running server instead: whether it is reached, lets us in, and is well')
    .action(async (flags: Record<string, string>) => {
      const config = configOf(flags)
      const { server } = flags
      if (server === undefined) {
        const { doctor } = await import('./doctor.ts')
        process.exitCode = (await doctor({ config, version: VERSION })) ? 0 : 1
      } else {
        const { askServer } = await import('./doctor-server.ts')
        process.exitCode = (await askServer({ url: server, token: config.ACCESS_TOKEN, version: VERSION })) ? 0 : 1
      }
    })
}

function backupCommand(): Command {
  return new Command('backup')
    .description(
      'Copies the ledger and all songs to a folder while the server runs; a later backup copies what is new.',
    )
    .argument('<folder>', 'an empty folder, or one with an earlier backup')
    .option('--data-dir <dir>', 'what to back up [DATA_DIR]')
    .action(async (folder: string, flags: { dataDir?: string }) => {
      const { backUp } = await import('./backup.ts')
      const { DATA_DIR } = readConfig(process.env, flags.dataDir === undefined ? {} : { DATA_DIR: flags.dataDir })
      const print = progressPrinter()
      const { songs, copied, files, copiedBytes } = await backUp({
        from: DATA_DIR,
        to: folder,
        onSong: (done, of) => print(`${done} of ${of} songs`),
      })
      print('')
      const megabytes = (copiedBytes / 1e6).toFixed(copiedBytes < 1e7 ? 1 : 0)
      process.stdout.write(`${songs} songs are in ${folder}: ${copied} of ${files} files were new (${megabytes} MB).\n`)
    })
}

/** Writes over its own line, where somebody watches. */
function progressPrinter(): (text: string) => void {
  return (text) => void (process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`))
}

/** Adds every setting as a flag: BROKER_HOST is --broker-host. */
function withSettings(command: Command): Command {
  for (const [name, { about }] of Object.entries(SETTINGS)) {
    command.addOption(new Option(`--${name.toLowerCase().replaceAll('_', '-')} <value>`, `${about} [${name}]`))
  }
  return command
}

function configOf(flags: Record<string, unknown>): Config {
  const given = Object.keys(SETTINGS).flatMap((name) => {
    const value = flags[camelCase(name)]
    return typeof value === 'string' ? [[name, value] as const] : []
  })
  return readConfig(process.env, Object.fromEntries(given))
}

function camelCase(name: string): string {
  return name.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}

function list(value: string): string[] {
  return value
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean)
}

function positive(value: string): number {
  const number = Number(value)
  if (Number.isInteger(number) && number > 0) return number
  throw new InvalidArgumentError('a whole number above 0 is wanted')
}

function abortOnInterrupt(): AbortController {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  return stop
}
