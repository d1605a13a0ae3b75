import { UserError } from '../song/errors.ts'
import { MAX_LYRICS_LINES, MAX_LYRICS_WORDS } from '../song/lyrics-limits.ts'

/** Readers ask before they do much work, too: a file of 1 MB can have a million words. */
export function refuseTooMany({ lines = 0, words = 0 }: { lines?: number; words?: number }): void {
  if (lines > MAX_LYRICS_LINES) {
    throw new UserError(`This text has more than ${MAX_LYRICS_LINES} lines. It is not the text of a song.`, {
      code: 'too-long',
    })
  }
  if (words > MAX_LYRICS_WORDS) {
    throw new UserError(`This text has more than ${MAX_LYRICS_WORDS} words. It is not the text of a song.`, {
      code: 'too-long',
    })
  }
}
