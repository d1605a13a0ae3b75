import type { LyricsLine, LyricsSyllable, LyricsWord } from '../song/lyrics.ts'
import { risingTimes } from './rising-times.ts'

/** A word that has no end lasts so long, unless something follows earlier. */
const OPEN_WORD_MS = 500

type Times = { startMs: number | null; endMs: number | null }

/**
 * A line whose times can be true:
 * - a time before the song's beginning is its beginning; one after its end is dropped, and an end is the song's end
 * - a word that begins before an earlier one is wrong, or that one is: of all words, the most that run forward keep their times
 * - a word has both times or none: an open one lasts until the next word, the line's end or for half a second; it ends where
 *   the next word begins at the latest
 * - syllables fill their word from its start to its end; where they do not run forward they are dropped
 * - a line covers its words; an end before its beginning is dropped
 */
export function lineInTime(line: LyricsLine, limitMs: number): LyricsLine {
  const own = inSong(line, limitMs)
  const placed = line.words.map((word) => ({ ...word, ...inSong(word, limitMs) }))
  const isRising = risingTimes(placed.map(({ startMs }) => startMs))
  const kept = placed.map((word, index) => (isRising[index] ? word : { ...word, startMs: null, endMs: null }))
  const words = withEnds(kept, { lineEndMs: own.endMs, limitMs })
  const first = words.find(({ startMs }) => startMs !== null)?.startMs ?? null
  const last = words.findLast(({ endMs }) => endMs !== null)?.endMs ?? null
  if (first === null || last === null) return { ...line, ...own, words }
  return {
    ...line,
    words,
    startMs: Math.min(own.startMs ?? first, first),
    endMs: Math.max(own.endMs ?? last, last),
  }
}

function inSong({ startMs, endMs }: Times, limitMs: number): Times {
  const start = whole(startMs)
  const end = whole(endMs)
  if (start === null || start > limitMs || (start < 0 && end !== null && end < 0)) return { startMs: null, endMs: null }
  const bounded = Math.max(0, start)
  return { startMs: bounded, endMs: end === null || end < bounded ? null : Math.min(end, limitMs) }
}

function whole(timeMs: number | null): number | null {
  return timeMs !== null && Number.isFinite(timeMs) ? Math.round(timeMs) + 0 : null
}

function withEnds(
  words: readonly LyricsWord[],
  { lineEndMs, limitMs }: { lineEndMs: number | null; limitMs: number },
): LyricsWord[] {
  const placed: LyricsWord[] = []
  let nextMs: number | null = null
  for (const word of words.toReversed()) {
    const { startMs } = word
    if (startMs === null) {
      placed.push({ ...word, endMs: null, syllables: null, isConfirmed: false })
      continue
    }
    const open = nextMs ?? (lineEndMs !== null && lineEndMs >= startMs ? lineEndMs : startMs + OPEN_WORD_MS)
    const endMs = Math.min(word.endMs ?? open, nextMs ?? limitMs, limitMs)
    placed.push({ ...word, endMs, syllables: syllablesInside(word.syllables, { startMs, endMs }) })
    nextMs = startMs
  }
  return placed.reverse()
}

function syllablesInside(
  syllables: readonly LyricsSyllable[] | null,
  { startMs, endMs }: { startMs: number; endMs: number },
): LyricsSyllable[] | null {
  if (syllables === null) return null
  const inside = (timeMs: number) => Math.min(Math.max(Math.round(timeMs), startMs), endMs)
  const bounded = syllables.map((syllable, index) => ({
    text: syllable.text,
    startMs: index === 0 ? startMs : inside(syllable.startMs),
    endMs: index === syllables.length - 1 ? endMs : inside(syllable.endMs),
  }))
  let lastMs = startMs
  const runForward = bounded.every((syllable) => {
    const isForward = syllable.startMs >= lastMs && syllable.endMs >= syllable.startMs
    lastMs = syllable.endMs
    return isForward
  })
  return runForward ? bounded : null
}
