import type { LyricsLine, LyricsWord } from '../../../../../src/song/lyrics.ts'

type Span = { startMs: number; endMs: number }

/** The word with new times. Its syllables are spread over them as they were over the old ones. */
export function retimed(word: LyricsWord, { startMs, endMs }: { startMs: number; endMs: number | null }): LyricsWord {
  const { syllables } = word
  const [first, last] = [syllables?.[0], syllables?.at(-1)]
  if (!syllables || !first || !last) return { ...word, startMs, endMs }
  const from = { startMs: word.startMs ?? first.startMs, endMs: word.endMs ?? last.endMs }
  const map = mapping(from, { startMs, endMs: endMs ?? startMs + from.endMs - from.startMs })
  const moved = syllables.map((each) => ({ ...each, startMs: map(each.startMs), endMs: map(each.endMs) }))
  return { ...word, startMs, endMs, syllables: moved }
}

/** The word at its place in the song moved by some time. */
export function shiftedWord(word: LyricsWord, byMs: number): LyricsWord {
  return {
    ...word,
    startMs: shifted(word.startMs, byMs),
    endMs: shifted(word.endMs, byMs),
    syllables:
      word.syllables?.map((each) => ({ ...each, startMs: each.startMs + byMs, endMs: each.endMs + byMs })) ?? null,
  }
}

/** The line and all its words moved by some time. */
export function shiftedLine(line: LyricsLine, byMs: number): LyricsLine {
  return {
    ...line,
    startMs: shifted(line.startMs, byMs),
    endMs: shifted(line.endMs, byMs),
    words: line.words.map((word) => shiftedWord(word, byMs)),
  }
}

/** The line with its words spread over a new time, as they were over the old one. A line without times gets these. */
export function stretchedLine(line: LyricsLine, to: Span): LyricsLine {
  const lastMs = Math.max(...line.words.map((word) => word.endMs ?? word.startMs ?? 0))
  const from = { startMs: line.startMs ?? to.startMs, endMs: line.endMs ?? lastMs }
  const map = mapping(from, to)
  const words = line.words.map((word) => {
    if (word.startMs === null) return word
    return retimed(word, { startMs: map(word.startMs), endMs: word.endMs === null ? null : map(word.endMs) })
  })
  return { ...line, words, startMs: to.startMs, endMs: to.endMs }
}

function shifted(ms: number | null, byMs: number): number | null {
  return ms === null ? null : ms + byMs
}

/** Times of one span as times of another; never outside of it, in whole milliseconds. */
function mapping(from: Span, to: Span): (ms: number) => number {
  const factor = (to.endMs - to.startMs) / Math.max(1, from.endMs - from.startMs)
  const isOneLength = to.endMs - to.startMs === from.endMs - from.startMs
  return (ms) => {
    const mapped = isOneLength ? ms - from.startMs + to.startMs : to.startMs + (ms - from.startMs) * factor
    return Math.round(Math.max(to.startMs, Math.min(to.endMs, mapped)))
  }
}
