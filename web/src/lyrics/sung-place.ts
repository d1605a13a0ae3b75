import { type Lyrics, type LyricsLine, type LyricsWord, timingOf } from '../../../src/song/lyrics.ts'

/** A pause from here on is counted in: a dot for each of the last seconds. */
const COUNT_IN_MS = 3_000
/** A pause from here on is an instrumental part. */
const INSTRUMENTAL_MS = 8_000

/**
 * Where a song is in its words.
 * @property line the last line that has begun; -1 before the first
 * @property word the last word of it that has begun; -1 if its words have no times
 * @property share how much of that word is sung, from 0 to 1
 * @property isOver whether the line has ended
 */
export type SungPlace = { line: number; word: number; share: number; isOver: boolean }

/** @property dots the seconds until the next line, up to 3; 0 if none are counted @property instrumentalMs the rest of an instrumental part; 0 outside of one */
export type Pause = { dots: number; instrumentalMs: number }

/** The place in the words at a time. Lines without a time count as a part of the line before them. */
export function sungPlace({ lines }: Lyrics, ms: number): SungPlace {
  const line = lastBegun(lines, ms)
  const sung = lines[line]
  if (!sung) return { line: -1, word: -1, share: 0, isOver: false }
  const word = lastBegun(sung.words, ms)
  const current = sung.words[word]
  const endMs = endOf(lines, line)
  return { line, word, share: current ? shareOf(current, ms, endMs) : 0, isOver: ms >= endMs }
}

/** What is to be shown between two lines. */
export function pauseAt({ lines }: Lyrics, { line, isOver }: SungPlace, ms: number): Pause {
  const next = nextTimed(lines, line)
  const nextMs = lines[next]?.startMs ?? null
  if (nextMs === null || (line >= 0 && !isOver)) return { dots: 0, instrumentalMs: 0 }
  const pauseMs = nextMs - (line >= 0 ? endOf(lines, line) : 0)
  const leftMs = nextMs - ms
  const dots = pauseMs >= COUNT_IN_MS && leftMs <= COUNT_IN_MS ? Math.max(0, Math.ceil(leftMs / 1_000)) : 0
  return { dots, instrumentalMs: pauseMs >= INSTRUMENTAL_MS && leftMs > COUNT_IN_MS ? leftMs : 0 }
}

/** Whether the words can follow the song. */
export function areTimed(lyrics: Lyrics): boolean {
  return timingOf(lyrics) !== 'none'
}

function nextTimed(lines: readonly LyricsLine[], line: number): number {
  for (let next = line + 1; next < lines.length; next++) if (lines[next]?.startMs !== null) return next
  return lines.length
}

/** The last part that has begun. Times never fall. */
function lastBegun(parts: readonly { startMs: number | null }[], ms: number): number {
  let found = -1
  for (const [index, { startMs }] of parts.entries()) {
    if (startMs === null) continue
    if (startMs > ms) break
    found = index
  }
  return found
}

/** A line without an end lasts until the next one begins. */
function endOf(lines: readonly LyricsLine[], line: number): number {
  const { endMs = null, words = [] } = lines[line] ?? {}
  const known = endMs ?? words.at(-1)?.endMs ?? null
  return known ?? lines[nextTimed(lines, line)]?.startMs ?? Number.POSITIVE_INFINITY
}

/** A word with syllables fills by them, each as wide as its letters. A word without an end fills at once. */
function shareOf({ text, startMs, endMs, syllables }: LyricsWord, ms: number, lineEndMs: number): number {
  if (syllables && text.length > 0) {
    let letters = 0
    for (const syllable of syllables) letters += syllable.text.length * passed(ms, syllable.startMs, syllable.endMs)
    return letters / text.length
  }
  return passed(ms, startMs ?? 0, endMs ?? Math.min(lineEndMs, startMs ?? 0))
}

function passed(ms: number, startMs: number, endMs: number): number {
  if (ms >= endMs) return 1
  return Math.max(0, (ms - startMs) / (endMs - startMs))
}
