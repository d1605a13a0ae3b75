import type { Lyrics, LyricsLine } from '../song/lyrics.ts'
import { LANGUAGE_TAG, MAX_LYRICS_MS, MAX_SINGER_CHARACTERS, MAX_WORDS_PER_LINE } from '../song/lyrics-limits.ts'
import { cleanLine } from './clean-text.ts'
import { cleanWords } from './clean-words.ts'
import { lineInTime } from './line-in-time.ts'
import { refuseTooMany } from './refuse-too-many.ts'

/**
 * Words as the program keeps them, whoever sends them. The result passes `LyricsSchema`, and a second call changes nothing.
 * - Texts are clean (`clean-text.ts`); lines without text are gone; a line of more than 200 words, and a word of more than 200
 *   characters, is broken into several.
 * - Times are put right or dropped (`line-in-time.ts`). Lines stand in the order of their times; a line without a time stays
 *   behind the one before it.
 *
 * @param durationMs the length of the song, if it is known
 * @throws UserError when there are too many lines or words
 */
export function normaliseLyrics(lyrics: Lyrics, { durationMs = MAX_LYRICS_MS }: { durationMs?: number } = {}): Lyrics {
  const lines = lyrics.lines.flatMap((line) => shortLines({ ...line, words: cleanWords(line.words) }))
  refuseTooMany({ lines: lines.length, words: lines.reduce((count, { words }) => count + words.length, 0) })
  const limitMs = Math.min(Math.max(0, Math.round(durationMs)), MAX_LYRICS_MS)
  return {
    language: languageTag(lyrics.language),
    source: lyrics.source,
    isDraft: lyrics.isDraft,
    lines: inOrder(lines.map((line) => ({ ...lineInTime(line, limitMs), singer: singerName(line.singer) }))),
  }
}

/** Null for what is no language tag. */
export function languageTag(language: string | null): string | null {
  const [primary = '', ...rest] = (language ?? '').trim().replaceAll('_', '-').split('-')
  const tag = [primary.toLowerCase(), ...rest].join('-')
  return LANGUAGE_TAG.test(tag) && tag !== 'und' ? tag : null
}

function shortLines(line: LyricsLine): LyricsLine[] {
  const { words } = line
  if (words.length === 0) return []
  if (words.length <= MAX_WORDS_PER_LINE) return [line]
  const lines: LyricsLine[] = []
  for (let start = 0; start < words.length; start += MAX_WORDS_PER_LINE) {
    const part = words.slice(start, start + MAX_WORDS_PER_LINE)
    const isLast = start + MAX_WORDS_PER_LINE >= words.length
    lines.push({
      ...line,
      words: cleanWords(part),
      startMs: start === 0 ? line.startMs : null,
      endMs: isLast && part.some(({ startMs }) => startMs !== null) ? line.endMs : null,
    })
  }
  return lines
}

function singerName(singer: string | null): string | null {
  const name = cleanLine(singer ?? '').trim()
  return [...name.slice(0, MAX_SINGER_CHARACTERS)].join('').toWellFormed().replaceAll('\ufffd', '').trim() || null
}

function inOrder(lines: readonly LyricsLine[]): LyricsLine[] {
  let lastMs = 0
  const placed = lines.map((line) => {
    lastMs = line.startMs ?? lastMs
    return { line, atMs: lastMs }
  })
  return placed.sort((one, other) => one.atMs - other.atMs).map(({ line }) => line)
}
