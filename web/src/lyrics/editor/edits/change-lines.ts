import type { Lyrics, LyricsLine, LyricsWord } from '../../../../../src/song/lyrics.ts'
import { newWord } from './retype-line.ts'
import { untimed } from './tap-words.ts'
import { changeLine } from './word-place.ts'
import { wordsOfText } from './words-of-text.ts'

/** Puts a new line without times at a place. A text without words changes nothing. */
export function insertLine(lyrics: Lyrics, at: number, text: string): Lyrics {
  const words = wordsOfText(text, lyrics.language).map(newWord)
  if (words.length === 0) return lyrics
  const singer = lyrics.lines[at - 1]?.singer ?? null
  const line = { words, startMs: null, endMs: null, singer, isDoubtful: false }
  return { ...lyrics, lines: lyrics.lines.toSpliced(at, 0, line) }
}

export function deleteLine(lyrics: Lyrics, line: number): Lyrics {
  return lyrics.lines[line] ? { ...lyrics, lines: lyrics.lines.toSpliced(line, 1) } : lyrics
}

/** @param singer null, or nothing but spaces, for everybody */
export function setSinger(lyrics: Lyrics, line: number, singer: string | null): Lyrics {
  return changeLine(lyrics, line, (each) => ({ ...each, singer: singer?.trim() || null }))
}

/** Says that the words of a line are where they belong: they stay when the rest is placed again. */
export function confirmLine(lyrics: Lyrics, line: number): Lyrics {
  return changeLine(lyrics, line, (each) => ({
    ...withConfirmed(each, (word) => word.startMs !== null),
    isDoubtful: false,
  }))
}

export function unconfirmLine(lyrics: Lyrics, line: number): Lyrics {
  return changeLine(lyrics, line, (each) => withConfirmed(each, () => false))
}

/** Whether every word of a line has a time that a person has confirmed. */
export function isConfirmed({ words }: LyricsLine): boolean {
  return words.length > 0 && words.every((word) => word.isConfirmed)
}

/** Takes the times from a line and its words. */
export function clearTimes(lyrics: Lyrics, line: number): Lyrics {
  return changeLine(lyrics, line, (each) => {
    return { ...each, startMs: null, endMs: null, isDoubtful: false, words: each.words.map(untimed) }
  })
}

/** Says that a doubtful line was looked at. */
export function markChecked(lyrics: Lyrics, line: number): Lyrics {
  return changeLine(lyrics, line, (each) => ({ ...each, isDoubtful: false }))
}

/** The next line to check after a line, or the first one; null if there is none. */
export function nextDoubtful({ lines }: Lyrics, after: number): number | null {
  const next = lines.findIndex(({ isDoubtful }, index) => isDoubtful && index > after)
  const found = next === -1 ? lines.findIndex(({ isDoubtful }) => isDoubtful) : next
  return found === -1 ? null : found
}

function withConfirmed(line: LyricsLine, isNow: (word: LyricsWord) => boolean): LyricsLine {
  return { ...line, words: line.words.map((word) => ({ ...word, isConfirmed: isNow(word) })) }
}
