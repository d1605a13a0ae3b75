import { availableParallelism } from 'node:os'
import { Command, Option } from 'commander'
import { readConfig } from '../../config.ts'
import { SOUND_FORMAT_NAMES, type SoundFormat, STORED_FORMAT } from '../../song/sound-formats.ts'
import { abortOnSignal } from '../interrupt.ts'
import { graphCache, openOwnModels } from '../model-folders.ts'
import { parseNames, parsePositive } from '../parse-argument.ts'
import { printError } from '../terminal.ts'
import { separateSongs } from './separate-songs.ts'

type Flags = {
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

export function separateCommand(): Command {
  return new Command('separate')
    .description('Separates songs into stems, without a server.')
    .argument(
      '<song...>',
      'files of sound (mp3, m4a, flac, wav, ogg, opus, the sound of mp4 …), folders of them, or - for standard input',
    )
    .option('-o, --output <dir>', 'where to write', 'separated')
    .option(
      '--stems <names>',
      'only these stems, as in vocals,drums; instrumental is all but the voice',
      parseNames,
      [],
    )
    .option('--minus <names>', 'instead one mix without these stems, as in vocals or bass', parseNames, [])
    .addOption(new Option('--format <format>').choices(SOUND_FORMAT_NAMES).default(STORED_FORMAT))
    .option('--model <name>', "the model to use; 'minus-one models' lists them")
    .option(
      '--track <n>',
      'which sound track of every song that is named; without it the one most players choose',
      parsePositive,
    )
    .option('--processors <n>', 'how many segments at once', parsePositive, availableParallelism())
    .option('--force', 'overwrite existing files', false)
    .option('--json', 'print one JSON object per song on standard output, and nothing else', false)
    .action(separate)
}

async function separate(songs: string[], flags: Flags): Promise<void> {
  const config = readConfig(process.env)
  const model = (await openOwnModels(config)).find(flags.model ?? config.MODEL)
  const { signal, exitCode } = abortOnSignal()
  try {
    const failed = await separateSongs({
      options: { ...flags, songs, folder: flags.output, soundTrack: flags.track ?? null },
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
}
