import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type Config, readConfig, SETTINGS } from '../config.ts'
import { SOUND_FORMAT_NAMES, type SoundFormat, STORED_FORMAT } from '../song/sound-formats.ts'
import { abortOnSignal } from './interrupt.ts'
import { graphCache, openOwnShelf } from './model-folders.ts'
import { modelsCommand } from './models-command.ts'
import { separateSongs } from './separate.ts'
import { print, printError, redraw } from './terminal.ts'

const ROOT = new URL('../../', import.meta.url)
const USAGE = 2

export const VERSION = (JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as { version: string }).version

/** The command line. Every setting of config.ts is a flag of the commands that use settings. */
export function program(): Command {
  const root = new Command('minus-one')
    .description('Plays a song minus the part you want to sing or play yourself.')
    .version(VERSION)
    .showHelpAfterError('(minus-one --help tells more)')
  root.addCommand(separateCommand())
  for (const command of [
    serveCommand(),
    workCommand(),
    modelsCommand(),
    workerCommand(),
    backupCommand(),
    recoverCommand(),
    doctorCommand(),
  ]) {
    root.addCommand(command, { hidden: command.name() === 'worker' })
  }
  for (const command of [root, ...root.commands.flatMap((each) => [each, ...each.commands])]) {
    command.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE))
    // Its faults repeat the command line, and names of files are on that.
    command.configureOutput({ writeErr: (text) => printError(text.trimEnd()) })
  }
  return root
}

function separateCommand(): Command {
  return new Command('separate')
    .description('Separates songs into stems, without a server.')
    .argument(
      '<song...>',
      'files of sound (mp3, m4a, flac, wav, ogg, opus, the sound of mp4 …), folders of them, or - for standard input',
    )
    .option('-o, --output <dir>', 'where to write', 'separated')
    .option('--stems <names>', 'only these stems, as in vocals,drums; instrumental is all but the voice', someNames, [])
    .option('--minus <names>', 'instead one mix without these stems, as in vocals or bass', someNames, [])
    .addOption(new Option('--format <format>').choices(SOUND_FORMAT_NAMES).default(STORED_FORMAT))
    .option('--model <name>', "the model to use; 'minus-one models' lists them")
    .option(
      '--track <n>',
      'which sound track of every song that is named; without it the one most players choose',
      positive,
    )
    .option('--processors <n>', 'how many segments at once', positive, availableParallelism())
    .option('--force', 'write over files that are there', false)
    .option('--json', 'one JSON object a song on standard output, nothing else', false)
    .action(async (songs: string[], flags: SeparateFlags) => {
      const config = readConfig(process.env)
      const model = (await openOwnShelf(config)).find(flags.model ?? config.MODEL)
      const { signal, exitCode } = abortOnSignal()
      const options = { ...flags, songs, folder: flags.output, track: flags.track ?? null }
      try {
        const failed = await separateSongs({
          options,
          model,
          processors: flags.processors,
          provider: config.EXECUTION_PROVIDER,
          graphsFolder: graphCache(config),
          signal,
        })
        if (failed > 0) process.exitCode = 1
      } catch (error) {
        if (!signal.aborted) throw error
        printError('\nminus-one: interrupted; nothing half-written is left.')
        process.exitCode = exitCode()
      }
    })
}

type SeparateFlags = {
  output: string
  stems: string[]
  minus: string[]
  format: SoundFormat
  model?: string
  track?: number
  processors: number
  force: boolean
  json: boolean
}

function serveCommand(): Command {
  return withSettings(
    new Command('serve').description('Starts the server, and without BROKER_HOST a broker and workers beside it.'),
  )
    .option('--open', 'serve other machines without an access token', false)
    .option(
      '--trust-clock',
      "for one start, after a look at 'date': the clock is right, and songs older than RETENTION_DAYS are deleted",
      false,
    )
    .action(async (flags: Record<string, string> & { open: boolean; trustClock: boolean }) => {
      const { serve } = await import('./serve.ts')
      await serve({
        config: configOf(flags),
        isOpen: flags.open,
        isClockTrusted: flags.trustClock,
        version: VERSION,
      })
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
        if (!(await doctor({ config, version: VERSION }))) process.exitCode = 1
      } else {
        const { askServer } = await import('./doctor-server.ts')
        const isWell = await askServer({ url: server, token: config.ACCESS_TOKEN, version: VERSION })
        if (!isWell) process.exitCode = 1
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
      const { songs, copied, files, copiedBytes, holder, missing } = await backUp({
        from: DATA_DIR,
        to: folder,
        onSong: (done, of) => redraw(`${done} of ${of} songs`),
      })
      redraw('')
      const megabytes = (copiedBytes / 1e6).toFixed(copiedBytes < 1e7 ? 1 : 0)
      print(`${songs} songs are in ${folder}: ${copied} of ${files} files were new (${megabytes} MB).`)
      if (holder) print(`During the backup it was in use by ${holder}.`)
      if (missing.length > 0) {
        printError(
          `minus-one: the uploads of songs ${missing.join(', ')} are not in ${DATA_DIR}. What an earlier backup has of them was kept.`,
        )
        process.exitCode = 1
      }
    })
}

function recoverCommand(): Command {
  return new Command('recover')
    .description(
      'Rebuilds the ledger from the songs in DATA_DIR, where it is lost, damaged or older than they are. Stop the server first. Exit code 1: a song could not be taken up.',
    )
    .option('--data-dir <dir>', 'where the server kept its songs [DATA_DIR]')
    .action(async (flags: { dataDir?: string }) => {
      const { recover } = await import('./recover.ts')
      const config = readConfig(process.env, flags.dataDir === undefined ? {} : { DATA_DIR: flags.dataDir })
      if (!(await recover({ config }))) process.exitCode = 1
    })
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
  const names = value.split(',').map((each) => each.trim())
  return [...new Set(names)].filter(Boolean)
}

function someNames(value: string): string[] {
  const names = list(value)
  if (names.length > 0) return names
  throw new InvalidArgumentError('at least one name is wanted')
}

function positive(value: string): number {
  const number = Number(value)
  if (Number.isInteger(number) && number > 0) return number
  throw new InvalidArgumentError('a whole number above 0 is wanted')
}
