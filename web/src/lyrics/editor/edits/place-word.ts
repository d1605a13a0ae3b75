import type { Lyrics } from '../../../../../src/song/lyrics.ts'
import { beginAfter, endBefore, MIN_WORD_MS, neighbourAfter, neighbourBefore } from './neighbours.ts'
import { retimed } from './scale-times.ts'
import { changeWord, type WordPlace, wordAt } from './word-place.ts'

/** What of a word is moved. */
export type WordPart = 'start' | 'end' | 'whole'

/** The length of a word that is placed without an end. */
const USUAL_WORD_MS = 300

/**
 * Moves one word, or one of its ends, as far as the words beside it allow: these become shorter, but keep their other end and
 * MIN_WORD_MS. The word counts as confirmed then. A word without times stays.
 */
export function moveWord(lyrics: Lyrics, place: WordPlace, { part, byMs }: { part: WordPart; byMs: number }): Lyrics {
  const word = wordAt(lyrics, place)
  if (!word || word.startMs === null) return lyrics
  const [startMs, by] = [word.startMs, Math.round(byMs)]
  const endMs = word.endMs ?? endOf(lyrics, place, startMs)
  const { least, most } = limitsOf(lyrics, place)
  const shortest = Math.min(MIN_WORD_MS, endMs - startMs)
  if (part === 'start')
    return put(lyrics, place, {
      startMs: Math.max(Math.min(startMs, least), Math.min(startMs + by, endMs - shortest)),
      endMs,
    })
  if (part === 'end')
    return put(lyrics, place, {
      startMs,
      endMs: Math.min(Math.max(endMs, most), Math.max(endMs + by, startMs + shortest)),
    })
  const moved = Math.max(Math.min(0, least - startMs), Math.min(Math.max(0, most - endMs), by))
  return put(lyrics, place, { startMs: startMs + moved, endMs: endMs + moved })
}

/** Places a word at a time, for example where the playhead is. Its length stays if it has one. */
export function placeWordAt(lyrics: Lyrics, place: WordPlace, ms: number): Lyrics {
  const word = wordAt(lyrics, place)
  if (!word) return lyrics
  const length = word.startMs === null || word.endMs === null ? USUAL_WORD_MS : word.endMs - word.startMs
  const { least, most } = limitsOf(lyrics, place)
  const startMs = Math.min(Math.max(Math.round(ms), least), Math.max(least, most - Math.min(length, MIN_WORD_MS)))
  return put(lyrics, place, { startMs, endMs: Math.max(startMs, Math.min(startMs + length, most)) })
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

function put(lyrics: Lyrics, place: WordPlace, { startMs, endMs }: { startMs: number; endMs: number }): Lyrics {
  const [before, after] = [neighbourBefore(lyrics, place), neighbourAfter(lyrics, place)]
  const placed = changeWord(lyrics, place, (word) => ({ ...retimed(word, { startMs, endMs }), isConfirmed: true }))
  const cut = before ? endBefore(placed, before, startMs) : placed
  return after ? beginAfter(cut, after, endMs) : cut
}
