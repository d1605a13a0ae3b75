import type { LyricsWord } from '../../song/lyrics.ts'
import { type Piece, untimedWord, wordsOfPieces } from '../words-of-pieces.ts'
import { hasKana, hasLetters } from '../words-of-text.ts'
import { untimedWords } from './text-of-file.ts'

/** @property times null for text between spans */
export type TtmlRun = {
  text: string
  times: { beginMs: number; endMs: number | null } | null
  reading: string | null
  syllables: readonly { text: string; beginMs: number; endMs: number | null }[] | null
}

/** A word without an end lasts so long, unless the next begins earlier. */
const OPEN_WORD_MS = 500

/** The words of a line from its text and its spans. A word of nested spans is a word as it stands. */
export function wordsOfRuns(
  runs: readonly TtmlRun[],
  { language, lineEndMs }: { language: string | null; lineEndMs: number | null },
): LyricsWord[] {
  if (runs.every(({ times, reading }) => times === null && reading === null)) {
    return untimedWords(runs.map(({ text }) => text).join(''), language)
  }
  const isJapanese = runs.some(({ text, reading }) => hasKana(text + (reading ?? '')))
  const words: LyricsWord[] = []
  let pieces: Piece[] = []
  const finish = () => {
    words.push(...wordsOfPieces(pieces))
    pieces = []
  }
  for (const [index, run] of runs.entries()) {
    if (run.times === null && run.reading === null) {
      const last = pieces.at(-1)
      if (last && !hasLetters(run.text)) last.text += run.text
      else {
        finish()
        words.push(...textBetween(run.text, { words, language: isJapanese ? 'ja' : language }))
      }
      continue
    }
    const endMs =
      run.times === null
        ? 0
        : (run.times.endMs ?? nextBegin(runs, index) ?? lineEndMs ?? run.times.beginMs + OPEN_WORD_MS)
    if (run.syllables === null && run.times !== null && run.reading === null) {
      pieces.push({ text: run.text, startMs: run.times.beginMs, endMs })
      continue
    }
    finish()
    words.push(nestedWord(run, endMs))
  }
  finish()
  return words
}

/** Spaces go to the word before them; a text without times between words with times is words without times. */
function textBetween(
  text: string,
  { words, language }: { words: LyricsWord[]; language: string | null },
): LyricsWord[] {
  const last = words.pop()
  const start = /^\s/.test(text) ? ' ' : ''
  if (last) words.push(withEnd(last, hasLetters(text) ? start : text.replace(/\s+/g, ' ')))
  if (!hasLetters(text)) return []
  const between = untimedWords(text, language)
  const end = between.pop()
  return end ? [...between, /\s$/.test(text) ? withEnd(end, ' ') : end] : []
}

function withEnd(word: LyricsWord, end: string): LyricsWord {
  const syllables = word.syllables?.map((syllable, index, all) => {
    return index === all.length - 1 ? { ...syllable, text: syllable.text + end } : syllable
  })
  return { ...word, text: word.text + end, syllables: syllables ?? null }
}

function nestedWord({ text, times, reading, syllables }: TtmlRun, endMs: number): LyricsWord {
  if (times === null) return untimedWord(text, reading)
  return {
    ...untimedWord(syllables?.map((syllable) => syllable.text).join('') ?? text, reading),
    startMs: times.beginMs,
    endMs,
    syllables:
      syllables?.map((syllable, index) => ({
        text: syllable.text,
        startMs: syllable.beginMs,
        endMs: syllable.endMs ?? syllables[index + 1]?.beginMs ?? endMs,
      })) ?? null,
  }
}

function nextBegin(runs: readonly TtmlRun[], index: number): number | null {
  for (let at = index + 1; at < runs.length; at++) {
    const times = runs[at]?.times
    if (times) return times.beginMs
  }
  return null
}
