import type { Lyrics, LyricsLine, LyricsWord } from '../../../../../src/song/lyrics.ts'
import { textOfLine } from '../../../../../src/song/lyrics.ts'
import { untimed } from './tap-words.ts'
import { spanOfLine, type WordPlace, withTimesOfWords } from './word-place.ts'
import { needsSpace } from './words-of-text.ts'

/** Begins a new line with a word. If only the line has times, they divide as the letters do. */
export function splitLine(lyrics: Lyrics, { line, word }: WordPlace): Lyrics {
  const before = lyrics.lines[line]
  if (!before || word < 1 || word >= before.words.length) return lyrics
  const [first, second] = [before.words.slice(0, word), before.words.slice(word)]
  const splitMs = splitTime(before, word)
  const halves = [
    { ...before, words: withoutLastSpace(first), endMs: ownEnd(first, splitMs.endMs) },
    {
      ...before,
      words: second,
      startMs: ownStart(second, splitMs.startMs),
      endMs: splitMs.startMs === null ? null : before.endMs,
    },
  ].map(withTimesOfWords)
  return { ...lyrics, lines: lyrics.lines.toSpliced(line, 1, ...halves) }
}

/** Appends the next line to a line. Its words that are sung at the same time, by another singer, lose their times. */
export function joinLines(lyrics: Lyrics, line: number): Lyrics {
  const [first, second] = [lyrics.lines[line], lyrics.lines[line + 1]]
  if (!first || !second) return lyrics
  const firstEndMs = spanOfLine(first)?.endMs ?? 0
  const after = second.words.map((word) => ((word.startMs ?? firstEndMs) < firstEndMs ? untimed(word) : word))
  const joined = withTimesOfWords({
    words: [...spacedBefore(first.words, second), ...after],
    startMs: first.startMs ?? second.startMs,
    endMs: second.startMs === null ? first.endMs : second.endMs,
    singer: first.singer,
    isDoubtful: first.isDoubtful || second.isDoubtful,
  })
  return { ...lyrics, lines: lyrics.lines.toSpliced(line, 2, joined) }
}

/** When the first part of a split line ends, and when the second begins. */
function splitTime(
  { words, startMs, endMs }: LyricsLine,
  word: number,
): { startMs: number | null; endMs: number | null } {
  const [before, after] = [words.slice(0, word), words.slice(word)]
  const first = after.find((each) => each.startMs !== null)?.startMs ?? null
  const last = before.findLast((each) => each.startMs !== null)
  if (first !== null) return { startMs: first, endMs: last?.endMs ?? first }
  if (last) return { startMs: null, endMs: last.endMs ?? last.startMs }
  if (startMs === null || endMs === null) return { startMs: null, endMs: null }
  const [length, whole] = [lengthOf(before), lengthOf(words)]
  const ms = Math.round(startMs + ((endMs - startMs) * length) / Math.max(1, whole))
  return { startMs: ms, endMs: ms }
}

function ownStart(words: readonly LyricsWord[], ms: number | null): number | null {
  return words[0]?.startMs ?? ms
}

function ownEnd(words: readonly LyricsWord[], ms: number | null): number | null {
  return words.at(-1)?.endMs ?? ms
}

function lengthOf(words: readonly LyricsWord[]): number {
  return words.reduce((sum, { text }) => sum + text.length, 0)
}

function withoutLastSpace(words: readonly LyricsWord[]): readonly LyricsWord[] {
  return words.map((word, index) => (index === words.length - 1 ? withText(word, word.text.trimEnd()) : word))
}

function spacedBefore(words: readonly LyricsWord[], next: LyricsLine): readonly LyricsWord[] {
  const last = words.at(-1)
  if (!last || !needsSpace(last.text, textOfLine(next))) return words
  return words.with(-1, withText(last, `${last.text} `))
}

/** The word with another end of its text; so has its last syllable. */
function withText(word: LyricsWord, text: string): LyricsWord {
  const last = word.syllables?.at(-1)
  if (!word.syllables || !last) return { ...word, text }
  const ending = text.endsWith(' ') ? `${last.text} ` : last.text.trimEnd()
  return { ...word, text, syllables: word.syllables.with(-1, { ...last, text: ending }) }
}
