import { cleanLine } from './clean-text.ts'
import { refuseTooMany } from './refuse-too-many.ts'
import { type RubyChunk, rubyChunks } from './ruby.ts'

/** A letter of a script that writes no spaces between words. */
export const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ーｰ\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
const RUNS = new RegExp(
  `${UNSPACED.source}[${UNSPACED.source.slice(1, -1)}\\p{M}]*|(?:(?!${UNSPACED.source}).)+`,
  'gsu',
)
const LETTER = /[\p{L}\p{N}]/u
const OPENING = /^[\p{Ps}\p{Pi}¿¡][\p{Ps}\p{Pi}¿¡ ]*$/u
const JAPANESE = /[\p{Script=Hiragana}\p{Script=Katakana}]/u
/** Finds the words of all these scripts by dictionary. */
const SEGMENTER = new Intl.Segmenter('ja', { granularity: 'word' })

/**
 * The words of a line, as they are sung one after another. A text without spaces is split by dictionary; Chinese into its
 * characters, which are its syllables. A mark without letters belongs to the word before it, or after it if it opens something,
 * so that every word can be heard. Texts joined are the line without its readings.
 */
export function wordsOfText(text: string, language: string | null): RubyChunk[] {
  const line = cleanLine(text).trim()
  const isJapanese = language?.startsWith('ja') || hasKana(line)
  const split = isJapanese ? dictionaryWords : chineseOrDictionaryWords
  return wordsOf(line, split)
}

/** The words of a line between spaces: a text without spaces stays as it is, but for its readings. */
export function wordsBetweenSpaces(line: string): RubyChunk[] {
  return wordsOf(line, (run) => [run])
}

/** Whether a line is Japanese, whatever the rest of the song is. */
export function hasKana(line: string): boolean {
  return JAPANESE.test(line)
}

export function hasLetters(text: string): boolean {
  return LETTER.test(text)
}

/** Whether a mark without letters belongs to what follows it. */
export function isOpening(text: string): boolean {
  return OPENING.test(text)
}

function wordsOf(line: string, splitRun: (run: string) => string[]): RubyChunk[] {
  const words: RubyChunk[] = []
  let opening = ''
  const add = (text: string, reading: string | null) => {
    const last = words.at(-1)
    if (LETTER.test(text)) {
      refuseTooMany({ words: words.length })
      words.push({ text: opening + text, reading })
      opening = ''
    } else if (last && opening === '' && !OPENING.test(text)) last.text += text
    else opening += text
  }
  for (const { text, reading } of rubyChunks(line)) {
    if (reading !== null) add(text, reading)
    else addPlain(text, { words, add, splitRun })
  }
  if (opening !== '') addRest(words, opening)
  return words
}

type Target = { words: RubyChunk[]; add: (text: string, reading: null) => void; splitRun: (run: string) => string[] }

function addPlain(text: string, { words, add, splitRun }: Target): void {
  const last = words.at(-1)
  if (text.startsWith(' ') && last) last.text += ' '
  for (const [token] of text.matchAll(/[^ ]+ ?/g)) {
    if (!UNSPACED.test(token)) {
      add(token, null)
      continue
    }
    for (const [run] of token.matchAll(RUNS)) {
      for (const part of UNSPACED.test(run) ? splitRun(run) : [run]) add(part, null)
    }
  }
}

/** Marks at the end of a line, or a line of marks alone. */
function addRest(words: RubyChunk[], text: string): void {
  const last = words.at(-1)
  if (last) last.text += text
  else words.push({ text, reading: null })
}

function dictionaryWords(run: string): string[] {
  if (run.length === 1) return [run]
  const words: string[] = []
  for (const { segment } of SEGMENTER.segment(run)) {
    words.push(segment)
    refuseTooMany({ words: words.length })
  }
  return words
}

function chineseOrDictionaryWords(run: string): string[] {
  if (!/^\p{Script=Han}/u.test(run)) return dictionaryWords(run)
  const words: string[] = []
  for (const [character] of run.matchAll(/.\p{M}*/gsu)) {
    words.push(character)
    refuseTooMany({ words: words.length })
  }
  return words
}
