import type { LyricsLine, LyricsWord } from '../../song/lyrics.ts'
import { guessLanguage } from '../guess-language.ts'
import { languageTag } from '../normalise-lyrics.ts'
import { untimedWord } from '../words-of-pieces.ts'
import { wordsOfText } from '../words-of-text.ts'

/** What a reader of a format finds in a text. `normalise-lyrics.ts` puts its times right. */
export type TextOfFile = { language: string | null; lines: LyricsLine[] }
/** @property language what a person says the language is; null to take it from the file */
export type ReaderOptions = { language: string | null }

const MARKUP = /<[^<>\n]*>|\[[^[\]\n]*\]|\{[^{}\n]*\}/g

export function newLine({
  words,
  startMs = null,
  endMs = null,
  singer = null,
}: {
  words: readonly LyricsWord[]
  startMs?: number | null
  endMs?: number | null
  singer?: string | null
}): LyricsLine {
  return { words, startMs, endMs, singer, isDoubtful: false }
}

export function untimedWords(text: string, language: string | null): LyricsWord[] {
  return wordsOfText(text, language).map((word) => untimedWord(word.text, word.reading))
}

/** What a person says, else what the file says, else a guess. */
export function languageOf({
  chosen,
  declared,
  text,
}: {
  chosen: string | null
  declared: string | null
  text: string
}): string | null {
  return languageTag(chosen) ?? languageTag(declared) ?? guessLanguage(text.slice(0, 100_000).replace(MARKUP, ' '))
}
