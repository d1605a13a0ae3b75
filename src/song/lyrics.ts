/**
 * The words of a song in time. All times are whole milliseconds from the beginning of the song as recorded; `endMs` is never
 * before `startMs`. A text joins its parts without anything between them: a word has the space that follows it, so
 * languages without spaces need no rule of their own.
 */
export type Lyrics = {
  /** BCP 47, as `en` or `pt-BR`; null if unknown. */
  language: string | null
  source: LyricsSource
  /** Whether nobody has written the text: it is what the model heard. */
  isDraft: boolean
  lines: readonly LyricsLine[]
}

/** Where a text came from: typed or pasted, a file, the song's tags, lrclib.net, the model, or our editor. */
export type LyricsSource = 'pasted' | 'file' | 'tags' | 'lrclib' | 'transcription' | 'editor'

export type LyricsLine = {
  words: readonly LyricsWord[]
  /** Null in a text without times. */
  startMs: number | null
  /** Null if the source does not say when a line ends. */
  endMs: number | null
  /** Who sings the line in a duet, as the source names the singer; null for everybody. */
  singer: string | null
  /** Whether a person should check the line: two ways to find its times differ. */
  isDoubtful: boolean
}

export type LyricsWord = {
  /** As written, with the space that follows it inside the line. */
  text: string
  /** Null if only the line has times. */
  startMs: number | null
  endMs: number | null
  /** Null where they are unknown. Their texts joined are the text of the word. */
  syllables: readonly LyricsSyllable[] | null
  /** What is shown above the word (ruby), as kana above kanji; null without one. */
  reading: string | null
  /** Whether a person has placed the word. Such a word keeps its times when the rest is aligned again. */
  isConfirmed: boolean
}

export type LyricsSyllable = { text: string; startMs: number; endMs: number }

/** How fine the times of a text are. A text has one of them if any of its words, or of its lines, has one. */
export type LyricsTiming = 'none' | 'lines' | 'words'

export function timingOf({ lines }: Lyrics): LyricsTiming {
  if (lines.some(({ words }) => words.some(({ startMs }) => startMs !== null))) return 'words'
  return lines.some(({ startMs }) => startMs !== null) ? 'lines' : 'none'
}

/** The text of a line as it is shown. */
export function textOfLine({ words }: LyricsLine): string {
  return words.map(({ text }) => text).join('')
}
