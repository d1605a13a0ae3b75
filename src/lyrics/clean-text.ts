import { FORBIDDEN_CHARACTERS } from '../song/lyrics-limits.ts'

const LINE_ENDS = /\r\n?|[\v\f\u0085\u2028\u2029]/g
/** Tabs and line ends go to the reader of the format; `cleanLine` makes spaces of them. */
const INVISIBLE = new RegExp(`(?![\\t\\n])${FORBIDDEN_CHARACTERS.source}`, 'gu')
/** Scripts stack at most a few marks on a letter. Normalising takes time that grows with the square of their number. */
const MANY_MARKS = /(\p{M}{32})\p{M}+/gu
const TOO_MANY_MARKS = /(\p{M}{8})\p{M}+/gu

/** Most texts, which are clean already. */
const PLAIN = /^[ -~\n\t]*$/

/**
 * A text as it is read: line ends are `\n`, invisible and control characters are gone, letters are composed (NFC), no letter has
 * more than 8 marks. HTML stays what it is: text.
 */
export function cleanText(text: string): string {
  if (PLAIN.test(text)) return text
  return text
    .replace(LINE_ENDS, '\n')
    .replace(INVISIBLE, '')
    .toWellFormed()
    .replace(MANY_MARKS, '$1')
    .normalize('NFC')
    .replace(TOO_MANY_MARKS, '$1')
}

/** A text inside a line: `cleanText`, and every series of white space is one space. */
export function cleanLine(text: string): string {
  return cleanText(text).replace(/[^\S ]\s*| \s+/g, ' ')
}
