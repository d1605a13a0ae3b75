import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { readLyrics } from '../../lyrics/formats/read-lyrics.ts'
import { type WritableFormat, writeLyrics } from '../../lyrics/formats/write-lyrics.ts'
import { timeLyrics } from '../../lyrics/timing/time-lyrics.ts'
import type { InstalledModels } from '../../models/installed-models.ts'
import { whyUnreadable, whyUnwritable } from '../../platform/file-faults.ts'
import { openWhisper } from '../../separate/speech/whisper.ts'
import { UserError } from '../../song/errors.ts'
import { type Lyrics, timingOf } from '../../song/lyrics.ts'
import { MAX_LYRICS_BYTES } from '../../song/lyrics-limits.ts'
import { ProgressLine } from '../progress-line.ts'
import { print, printError } from '../terminal.ts'
import { type SeparationChoice, separateVoice } from './separate-voice.ts'

/** What a text beside a song is called, the best first. */
const ENDINGS = ['lrc', 'ttml', 'xml', 'srt', 'vtt', 'txt']
const FORMAT_OF_ENDING: Readonly<Record<string, WritableFormat>> = {
  '.lrc': 'elrc',
  '.srt': 'srt',
  '.ttml': 'ttml',
  '.xml': 'ttml',
  '.txt': 'txt',
}
const PERCENT = 100

export type WordsOptions = {
  song: string
  /** The text to place; '-' for standard input; null for a file beside the song. */
  textPath: string | null
  isTranscribed: boolean
  language: string | null
  /** Null: by the ending of the output. */
  format: WritableFormat | null
  /** Null for standard output. */
  output: string | null
  mayReplace: boolean
  models: InstalledModels
  separation: SeparationChoice
  signal: AbortSignal
}

/** Finds the words of a song, gives them times if that is asked for, and writes them. Throws a UserError that says what is missing. */
export async function writeWords(options: WordsOptions): Promise<void> {
  const { song, output, mayReplace } = options
  if (output !== null && existsSync(output) && !mayReplace) {
    throw new UserError(`${output} exists. Name another output, or add --force.`, { code: 'exists' })
  }
  const text = options.isTranscribed ? null : await readText(options)
  const isTimed = options.isTranscribed || options.textPath !== null
  const lyrics = isTimed ? await timed(options, text) : text
  if (!lyrics || lyrics.lines.length === 0) {
    throw new UserError(`No voice was found in ${basename(song)}.`, { code: 'no-voice' })
  }
  const format = options.format ?? formatFor(lyrics, output)
  const written = writeLyrics(lyrics, format)
  if (output === null) {
    print(written.trimEnd())
    return
  }
  await writeFile(output, written).catch((error: unknown) => {
    const why = whyUnwritable(error, 'Name another output with -o.')
    throw why === null ? error : new UserError(`${output}: ${why}`, { code: 'no-file', cause: error })
  })
}

async function readText({ song, textPath, language }: WordsOptions): Promise<Lyrics> {
  const path = textPath ?? besideOf(song)
  const bytes =
    path === '-'
      ? await readStandardInput()
      : await readFile(path).catch((error: unknown) => {
          const why = whyUnreadable(error)
          throw why === null ? error : new UserError(`${path}: ${why}`, { code: 'no-file', cause: error })
        })
  return readLyrics(bytes, { fileName: basename(path), language, source: 'file' })
}

function besideOf(song: string): string {
  const base = song.slice(0, song.length - extname(song).length)
  const found = ENDINGS.map((ending) => `${base}.${ending}`).find((path) => path !== song && existsSync(path))
  if (found) return found
  throw new UserError(
    `There is no text beside ${basename(song)} (as ${basename(base)}.lrc or .txt). Name one with --align, or have the song transcribed with --transcribe.`,
    { code: 'no-text' },
  )
}

async function readStandardInput(): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of process.stdin) {
    chunks.push(chunk)
    size += chunk.length
    if (size > MAX_LYRICS_BYTES) break // the reader refuses it
  }
  return Buffer.concat(chunks)
}

async function timed(
  { song, language, models, separation, signal }: WordsOptions,
  text: Lyrics | null,
): Promise<Lyrics> {
  const model = models.speech[0]
  if (!model)
    throw new UserError('No model that hears words is installed. Install the program again.', {
      code: 'model-not-found',
    })
  const voice = await separateVoice({ song, models, separation, signal })
  const whisper = await openWhisper(model, { folder: model.folder, threads: 1 })
  const progress = new ProgressLine({ name: `words of ${basename(song)}`, totalSeconds: PERCENT, isQuiet: false })
  try {
    const { lyrics, fits } = await timeLyrics({
      lyrics: text,
      language: language ?? text?.language ?? null,
      voice,
      run: (task, samples) => whisper.run(task, samples, signal),
      onProgress: (share) => progress.show(PERCENT * share),
    })
    if (!fits) {
      throw new UserError(
        'The text does not fit the song: too few of its words were heard. Check that it is the right text.',
        {
          code: 'text-does-not-fit',
        },
      )
    }
    const doubtful = lyrics.lines.filter(({ isDoubtful }) => isDoubtful).length
    progress.end()
    if (doubtful > 0) printError(`${doubtful} of ${lyrics.lines.length} lines are doubtful: check their times.`)
    return lyrics
  } finally {
    progress.end()
    await whisper.close()
  }
}

function formatFor(lyrics: Lyrics, output: string | null): WritableFormat {
  const byName = output === null ? undefined : FORMAT_OF_ENDING[extname(output).toLowerCase()]
  return byName ?? (timingOf(lyrics) === 'none' ? 'txt' : 'elrc')
}
