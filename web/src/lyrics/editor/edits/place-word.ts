import type { Lyrics } from '../../../../../src/song/lyrics.ts'
import { beginAfter, endBefore, MIN_WORD_MS, neighbourAfter, neighbourBefore } from './neighbours.ts'
import { retimed } from './scale-times.ts'
import { changeLine, changeWord, type WordPlace, wordAt } from './word-place.ts'

/** What of a word is moved. */
export type WordPart = 'start' | 'end' | 'whole'

type Times = { startMs: number; endMs: number; isOfLine: boolean }

/** The length of a word, and of a line, that has no end. */
const USUAL_WORD_MS = 300
const USUAL_LINE_MS = 3_000

/**
 * Moves one word, or one of its ends, as far as the words beside it allow: these become shorter, but keep their other end and
 * MIN_WORD_MS. The word counts as confirmed then. If only its line has times, the line is moved. A word without any stays.
 */
export function moveWord(lyrics: Lyrics, place: WordPlace, { part, byMs }: { part: WordPart; byMs: number }): Lyrics {
  const times = timesAt(lyrics, place)
  if (!times) return lyrics
  const { startMs, endMs, isOfLine } = times
  const by = Math.round(byMs)
  const { least, most } = limitsOf(lyrics, place)
  const shortest = Math.min(MIN_WORD_MS, endMs - startMs)
  if (part === 'start')
    return put(lyrics, place, {
      startMs: Math.max(Math.min(startMs, least), Math.min(startMs + by, endMs - shortest)),
      endMs,
      isOfLine,
    })
  if (part === 'end')
    return put(lyrics, place, {
      startMs,
      endMs: Math.min(Math.max(endMs, most), Math.max(endMs + by, startMs + shortest)),
      isOfLine,
    })
  const moved = Math.max(Math.min(0, least - startMs), Math.min(Math.max(0, most - endMs), by))
  return put(lyrics, place, { startMs: startMs + moved, endMs: endMs + moved, isOfLine })
}

/** Places a word at a time, for example where the playhead is. Its length stays if it has one. */
export function placeWordAt(lyrics: Lyrics, place: WordPlace, ms: number): Lyrics {
  const word = wordAt(lyrics, place)
  if (!word) return lyrics
  const length = word.startMs === null || word.endMs === null ? USUAL_WORD_MS : word.endMs - word.startMs
  const { least, most } = limitsOf(lyrics, place)
  const startMs = Math.min(Math.max(Math.round(ms), least), Math.max(least, most - Math.min(length, MIN_WORD_MS)))
  return put(lyrics, place, { startMs, endMs: Math.max(startMs, Math.min(startMs + length, most)), isOfLine: false })
}

/** When a word is sung; if only its line has times, when the line is. An end that is unknown is guessed. Null without times. */
export function timesAt(lyrics: Lyrics, place: WordPlace): Times | null {
  const [line, word] = [lyrics.lines[place.line], wordAt(lyrics, place)]
  if (!line || !word) return null
  if (word.startMs !== null) {
    return { startMs: word.startMs, endMs: word.endMs ?? endOf(lyrics, place, word.startMs), isOfLine: false }
  }
  if (line.startMs === null || line.words.some(({ startMs }) => startMs !== null)) return null
  const most = neighbourAfter(lyrics, place)?.startMs ?? Number.POSITIVE_INFINITY
  const endMs = line.endMs ?? Math.max(line.startMs, Math.min(line.startMs + USUAL_LINE_MS, most))
  return { startMs: line.startMs, endMs, isOfLine: true }
}

/** The end of a word that has none: that of a usual word, or the beginning of the next. */
export function endOf(lyrics: Lyrics, place: WordPlace, startMs: number): number {
  const after = neighbourAfter(lyrics, place)
  return Math.max(startMs, Math.min(startMs + USUAL_WORD_MS, after?.startMs ?? Number.POSITIVE_INFINITY))
}

/** Between which times a word may be: the words beside it keep their other end and MIN_WORD_MS. */
function limitsOf(lyrics: Lyrics, place: WordPlace): { least: number; most: number } {
  const [before, after] = [neighbourBefore(lyrics, place), neighbourAfter(lyrics, place)]
  const most = after ? Math.max(after.startMs, (after.endMs ?? after.startMs) - MIN_WORD_MS) : Number.POSITIVE_INFINITY
  const least = before ? Math.max(before.startMs, Math.min(before.startMs + MIN_WORD_MS, most)) : 0
  return { least, most: Math.max(least, most) }
}

function put(lyrics: Lyrics, place: WordPlace, { startMs, endMs, isOfLine }: Times): Lyrics {
  const [before, after] = [neighbourBefore(lyrics, place), neighbourAfter(lyrics, place)]
  const placed = isOfLine
    ? changeLine(lyrics, place.line, (line) => ({ ...line, startMs, endMs }))
    : changeWord(lyrics, place, (word) => ({ ...retimed(word, { startMs, endMs }), isConfirmed: true }))
  const cut = before ? endBefore(placed, before, startMs) : placed
  return after ? beginAfter(cut, after, endMs) : cut
}
