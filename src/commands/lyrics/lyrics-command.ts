import { availableParallelism } from 'node:os'
import { Command, Option } from 'commander'
import { readConfig } from '../../config.ts'
import type { WritableFormat } from '../../lyrics/formats/write-lyrics.ts'
import { UserError } from '../../song/errors.ts'
import { LANGUAGE_TAG } from '../../song/lyrics-limits.ts'
import { abortOnSignal } from '../interrupt.ts'
import { openOwnModels } from '../model-folders.ts'
import { parsePositive } from '../parse-argument.ts'
import { printError } from '../terminal.ts'
import { writeWords } from './write-words.ts'

type Flags = {
  align?: string
  transcribe: boolean
  language?: string
  format?: WritableFormat
  output?: string
  processors: number
  force: boolean
}

const FORMATS: readonly WritableFormat[] = ['lrc', 'elrc', 'srt', 'ttml', 'txt']

export function lyricsCommand(): Command {
  return new Command('lyrics')
    .description('Writes the words of a song with their times, without a server.')
    .argument('<song>', 'a file of sound')
    .option(
      '--align <file>',
      'place the words of this text (LRC, SRT, WebVTT, TTML, UltraStar, plain text; - for standard input) in the song',
    )
    .option('--transcribe', 'write down what is sung: a draft, in which many words are wrong', false)
    .option('--language <tag>', 'the language that is sung, as in en or pt-BR; without it, it is guessed')
    .addOption(
      new Option(
        '--format <format>',
        'lrc, elrc (LRC with word times), srt, ttml or txt; without it by the name of the output, else elrc, or txt without times',
      ).choices(FORMATS),
    )
    .option('-o, --output <file>', 'where to write; without it, standard output')
    .option('--processors <n>', 'how many segments are separated at once', parsePositive, availableParallelism())
    .option('--force', 'overwrite an existing file', false)
    .addHelpText(
      'after',
      '\nWithout --align and --transcribe, the words come from a file beside the song (song.lrc, .ttml, .srt, .vtt, .txt) and get no\nother times than it has. With --align, a text with line times keeps them, and its words get theirs.',
    )
    .action(lyrics)
}

async function lyrics(song: string, flags: Flags): Promise<void> {
  if (flags.align !== undefined && flags.transcribe) {
    throw new UserError('Choose one of --align and --transcribe: the first places a text, the second needs none.', {
      code: 'usage',
    })
  }
  const { language = null } = flags
  if (language !== null && !LANGUAGE_TAG.test(language)) {
    throw new UserError(`'${language}' is not a language. Name it as in en, de or pt-BR.`, { code: 'usage' })
  }
  const config = readConfig(process.env)
  const { signal, exitCode } = abortOnSignal()
  try {
    await writeWords({
      song,
      textPath: flags.align ?? null,
      isTranscribed: flags.transcribe,
      language,
      format: flags.format ?? null,
      output: flags.output ?? null,
      mayReplace: flags.force,
      models: await openOwnModels(config),
      separation: { model: config.MODEL, processors: flags.processors, provider: config.EXECUTION_PROVIDER },
      signal,
    })
  } catch (error) {
    if (!signal.aborted) throw error
    printError('\nminus-one: interrupted; nothing was written.')
    process.exitCode = exitCode()
  }
}
