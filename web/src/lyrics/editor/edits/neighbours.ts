import type { Lyrics, LyricsLine } from '../../../../../src/song/lyrics.ts'
import { retimed } from './scale-times.ts'
import { changeLine, changeWord, type WordPlace } from './word-place.ts'

/** What is sung before or after a word by the same singer: a word, or a line of which only the line has times (`word` null). */
export type Neighbour = { line: number; word: number | null; startMs: number; endMs: number | null }

/** No edit makes a word shorter, so that it can still be seen and grasped. */
export const MIN_WORD_MS = 40

export function neighbourBefore(lyrics: Lyrics, place: WordPlace): Neighbour | null {
  return neighbourOf(lyrics, place, -1)
}

export function neighbourAfter(lyrics: Lyrics, place: WordPlace): Neighbour | null {
  return neighbourOf(lyrics, place, 1)
}

/** Ends what comes before at this time, if it ends later. */
export function endBefore(lyrics: Lyrics, { line, word, startMs, endMs }: Neighbour, ms: number): Lyrics {
  if (endMs === null || endMs <= ms) return lyrics
  const endsAt = Math.max(startMs, ms)
  if (word === null) return changeLine(lyrics, line, (each) => ({ ...each, endMs: endsAt }))
  return changeWord(lyrics, { line, word }, (each) => retimed(each, { startMs, endMs: endsAt }))
}

/** Begins what comes after at this time, if it begins earlier. */
export function beginAfter(lyrics: Lyrics, { line, word, startMs, endMs }: Neighbour, ms: number): Lyrics {
  if (startMs >= ms) return lyrics
  const end = endMs === null ? null : Math.max(endMs, ms)
  if (word === null) return changeLine(lyrics, line, (each) => ({ ...each, startMs: ms, endMs: end }))
  return changeWord(lyrics, { line, word }, (each) => retimed(each, { startMs: ms, endMs: end }))
}

function neighbourOf(lyrics: Lyrics, place: WordPlace, step: 1 | -1): Neighbour | null {
  const { lines } = lyrics
  const singer = lines[place.line]?.singer
  for (let line = place.line; line >= 0 && line < lines.length; line += step) {
    const each = lines[line]
    if (!each || each.singer !== singer) continue
    const from = line === place.line ? place.word + step : step === 1 ? 0 : each.words.length - 1
    const found = timedWord(each, from, step)
    if (found) return { line, ...found }
    if (line !== place.line && each.startMs !== null && !each.words.some(({ startMs }) => startMs !== null))
      return { line, word: null, startMs: each.startMs, endMs: each.endMs }
  }
  return null
}

function timedWord({ words }: LyricsLine, from: number, step: 1 | -1): Omit<Neighbour, 'line'> | null {
  for (let word = from; word >= 0 && word < words.length; word += step) {
    const { startMs = null, endMs = null } = words[word] ?? {}
    if (startMs !== null) return { word, startMs, endMs }
  }
  return null
}
