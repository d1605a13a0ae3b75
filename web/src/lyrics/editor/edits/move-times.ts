import type { Lyrics } from '../../../../../src/song/lyrics.ts'
import { endBefore, MIN_WORD_MS, neighbourBefore } from './neighbours.ts'
import { shiftedLine, shiftedWord } from './scale-times.ts'
import { type WordPlace, withTimesOfWords } from './word-place.ts'

/** Moves every time, but none before the beginning of the song. */
export function moveAll(lyrics: Lyrics, byMs: number): Lyrics {
  const by = Math.max(Math.round(byMs), -firstTime(lyrics))
  return { ...lyrics, lines: lyrics.lines.map((line) => shiftedLine(line, by)) }
}

/**
 * Moves every time from one word on. Towards the beginning it goes as far as the word before allows: that one gets shorter, but
 * keeps MIN_WORD_MS.
 */
export function moveFrom(lyrics: Lyrics, place: WordPlace, byMs: number): Lyrics {
  const from = firstTimed(lyrics, place)
  if (!from) return lyrics
  const before = neighbourBefore(lyrics, from)
  const least = before ? Math.min(from.startMs, before.startMs + MIN_WORD_MS) : 0
  const by = Math.max(Math.round(byMs), least - from.startMs, -firstTime(lyrics, from.line + 1))
  const lines = lyrics.lines.map((line, index) => {
    if (index > from.line || (index === from.line && from.word === 0)) return shiftedLine(line, by)
    if (index < from.line) return line
    const words = line.words.map((word, each) => (each >= from.word ? shiftedWord(word, by) : word))
    return withTimesOfWords({ ...line, words })
  })
  const moved = { ...lyrics, lines }
  return before ? endBefore(moved, before, from.startMs + by) : moved
}

/** The earliest time from a line on; infinite if there is none. */
function firstTime({ lines }: Lyrics, fromLine = 0): number {
  const times = lines.slice(fromLine).flatMap(({ startMs, words }) => [startMs, ...words.map((word) => word.startMs)])
  return times.reduce<number>((least, ms) => Math.min(least, ms ?? least), Number.POSITIVE_INFINITY)
}

/** The first word with a time from a place on; a line of which only the line has times counts as its first word. */
function firstTimed({ lines }: Lyrics, { line, word }: WordPlace): (WordPlace & { startMs: number }) | null {
  for (const [index, each] of [...lines.entries()].slice(line)) {
    const words = [...each.words.entries()].slice(index === line ? word : 0)
    const timed = words.find(([, { startMs }]) => startMs !== null)
    if (timed) return { line: index, word: timed[0], startMs: timed[1].startMs ?? 0 }
    const isWhole = index > line || word === 0
    if (isWhole && each.startMs !== null) return { line: index, word: 0, startMs: each.startMs }
  }
  return null
}
