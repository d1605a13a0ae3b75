import type { Lyrics, LyricsLine, LyricsWord } from '../../../../../src/song/lyrics.ts'

/** A word by the numbers of its line and of the word in it. */
export type WordPlace = { line: number; word: number }

export function lineAt({ lines }: Lyrics, line: number): LyricsLine | undefined {
  return lines[line]
}

export function wordAt({ lines }: Lyrics, { line, word }: WordPlace): LyricsWord | undefined {
  return lines[line]?.words[word]
}

export function isSamePlace(a: WordPlace, b: WordPlace): boolean {
  return a.line === b.line && a.word === b.word
}

/** The place that is `step` words later, or earlier if it is negative. Null beyond the first and the last word. */
export function placeAfter({ lines }: Lyrics, { line, word }: WordPlace, step: 1 | -1): WordPlace | null {
  const inLine = word + step
  if (inLine >= 0 && inLine < (lines[line]?.words.length ?? 0)) return { line, word: inLine }
  for (let other = line + step; other >= 0 && other < lines.length; other += step) {
    const { length } = lines[other]?.words ?? []
    if (length > 0) return { line: other, word: step === 1 ? 0 : length - 1 }
  }
  return null
}

/** Lyrics with one line changed. Unknown lines change nothing. */
export function changeLine(lyrics: Lyrics, line: number, change: (line: LyricsLine) => LyricsLine): Lyrics {
  const { lines } = lyrics
  const before = lines[line]
  return before ? { ...lyrics, lines: lines.with(line, change(before)) } : lyrics
}

/** Lyrics with one word changed, and its line after it: its times, and no doubt any more once all its words are confirmed. */
export function changeWord(
  lyrics: Lyrics,
  { line, word }: WordPlace,
  change: (word: LyricsWord) => LyricsWord,
): Lyrics {
  return changeLine(lyrics, line, (each) => {
    const before = each.words[word]
    if (!before) return each
    const words = each.words.with(word, change(before))
    const isDoubtful = each.isDoubtful && !words.every(({ isConfirmed }) => isConfirmed)
    return withTimesOfWords({ ...each, words, isDoubtful })
  })
}

/** The line with the times that its words give it. Times of a line whose words have none stay. */
export function withTimesOfWords(line: LyricsLine): LyricsLine {
  const timed = line.words.filter(({ startMs }) => startMs !== null)
  const [first, last] = [timed[0], timed.at(-1)]
  if (!first || !last) return line
  return { ...line, startMs: first.startMs, endMs: last.endMs }
}

/** When a line is sung, also if only some of its words tell. The end is the last that is known. Null without any times. */
export function spanOfLine({ startMs, endMs, words }: LyricsLine): { startMs: number; endMs: number } | null {
  const times = words.flatMap((word) => [word.startMs ?? [], word.endMs ?? []].flat())
  const first = startMs ?? times[0]
  return first === undefined ? null : { startMs: first, endMs: Math.max(first, endMs ?? 0, ...times) }
}
