import { assertNever, UserError } from '../../song/errors.ts'
import type { Lyrics, LyricsSource } from '../../song/lyrics.ts'
import { MAX_LYRICS_BYTES } from '../../song/lyrics-limits.ts'
import { cleanText } from '../clean-text.ts'
import { normaliseLyrics } from '../normalise-lyrics.ts'
import { shareTimes } from '../share-times.ts'
import { decodeText } from './decode-text.ts'
import { readLrc } from './lrc-reader.ts'
import { readPlainText } from './plain-text.ts'
import { type ReadableFormat, recogniseFormat } from './recognise-format.ts'
import { readSrt } from './srt-reader.ts'
import type { ReaderOptions, TextOfFile } from './text-of-file.ts'
import { readTtml } from './ttml-reader.ts'
import { readUltraStar } from './ultrastar-reader.ts'
import { readVtt } from './vtt-reader.ts'

export type ReadLyricsOptions = {
  /** A hint only: what the file contains counts more. */
  fileName?: string | null
  /** Left out, the format is recognised. */
  format?: ReadableFormat | null
  /** What a person says; left out, the file says it, or it is guessed. */
  language?: string | null
  /** The length of the song: later times are dropped. */
  durationMs?: number | null
  source?: LyricsSource
}

/**
 * Reads the words of a song from the bytes of a file.
 * @throws UserError `too-large` above 1 MB, `too-long` for too many lines or words, `bad-lyrics` for what cannot be read
 */
export function readLyrics(bytes: Uint8Array, options: ReadLyricsOptions = {}): Lyrics {
  refuseLarge(bytes.length)
  return lyricsFromText(decodeText(bytes), options)
}

/** Reads the words of a song from a text in any of the formats. Throws as `readLyrics`. */
export function lyricsFromText(text: string, options: ReadLyricsOptions = {}): Lyrics {
  const { fileName = null, format = null, language = null, durationMs = null, source = 'file' } = options
  refuseLarge(text.length)
  const clean = cleanText(text)
  const found = readAs(format ?? recogniseFormat(clean, fileName), clean, { language })
  const lyrics = normaliseLyrics(
    { language: found.language, source, isDraft: false, lines: found.lines },
    durationMs === null ? {} : { durationMs },
  )
  if (lyrics.lines.length === 0) throw new UserError('This file has no words.', { code: 'bad-lyrics' })
  return { ...lyrics, lines: lyrics.lines.map(shareTimes) }
}

function refuseLarge(size: number): void {
  if (size <= MAX_LYRICS_BYTES) return
  throw new UserError('This text is larger than 1 MB. The words of a song have a few kB.', { code: 'too-large' })
}

function readAs(format: ReadableFormat, text: string, options: ReaderOptions): TextOfFile {
  switch (format) {
    case 'lrc':
      return readLrc(text, options)
    case 'srt':
      return readSrt(text, options)
    case 'vtt':
      return readVtt(text, options)
    case 'ttml':
      return readTtml(text, options)
    case 'ultrastar':
      return readUltraStar(text, options)
    case 'txt':
      return readPlainText(text, options)
    default:
      return assertNever(format)
  }
}
