import type { Lyrics } from '../../song/lyrics.ts'
import { refuseTooMany } from '../refuse-too-many.ts'
import { textWithReadings } from '../ruby.ts'
import { languageOf, newLine, type ReaderOptions, type TextOfFile, untimedWords } from './text-of-file.ts'

/** Every line is a line. */
export function readPlainText(text: string, { language: chosen }: ReaderOptions): TextOfFile {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  refuseTooMany({ lines: lines.length })
  const language = languageOf({ chosen, declared: null, text })
  return { language, lines: lines.map((line) => newLine({ words: untimedWords(line, language) })) }
}

export function writePlainText({ lines }: Lyrics): string {
  return lines.map(({ words }) => `${textWithReadings(words)}\n`).join('')
}
