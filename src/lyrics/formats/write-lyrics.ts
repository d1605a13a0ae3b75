import { assertNever, UserError } from '../../song/errors.ts'
import { type Lyrics, timingOf } from '../../song/lyrics.ts'
import { writeLrc } from './lrc-writer.ts'
import { writePlainText } from './plain-text.ts'
import { writeSrt } from './srt-writer.ts'
import { writeTtml } from './ttml-writer.ts'

/** `lrc` has line times, `elrc` (enhanced LRC) those of words too. */
export type WritableFormat = 'lrc' | 'elrc' | 'srt' | 'ttml' | 'txt'

/**
 * The words of a song as a file.
 * @throws UserError `lyrics-untimed` when the format is made of times and the words have none
 */
export function writeLyrics(lyrics: Lyrics, format: WritableFormat): string {
  if (format !== 'txt' && format !== 'ttml' && timingOf(lyrics) === 'none') {
    throw new UserError('These words have no times yet. Download them as plain text, or place them first.', {
      code: 'lyrics-untimed',
    })
  }
  switch (format) {
    case 'lrc':
      return writeLrc(lyrics, { isEnhanced: false })
    case 'elrc':
      return writeLrc(lyrics, { isEnhanced: true })
    case 'srt':
      return writeSrt(lyrics)
    case 'ttml':
      return writeTtml(lyrics)
    case 'txt':
      return writePlainText(lyrics)
    default:
      return assertNever(format)
  }
}
